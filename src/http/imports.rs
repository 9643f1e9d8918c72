//! The write side: imports, what is said of indicators, and loading anew. All of it needs a token.

use axum::body::Body;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::TryStreamExt;
use serde_json::{Map, Value, json};
use tokio::io::AsyncWriteExt;
use tokio_util::io::StreamReader;

use super::answer::{self, Answer};
use super::indicators::find;
use super::parameters::Parameters;
use super::problem::Problem;
use super::state::AppState;
use crate::area::{IndicatorId, IndicatorKind, Period, Polarity};
use crate::indicator::format::Format;
use crate::indicator::import::{self, ImportError, ImportOptions};
use crate::indicator::published::with_settings;
use crate::indicator::report::Report;
use crate::indicator::store::{ImportEntry, Store, StoreError};

/// The parameters of an import.
const PARAMETERS: [&str; 9] =
    ["format", "dry_run", "file", "title", "unit", "kind", "period", "polarity", "licence"];

fn stored<T>(done: Option<Result<T, StoreError>>) -> Result<T, Problem> {
    match done {
        Some(done) => done.map_err(|e| Problem::internal(&e)),
        None => Err(Problem::not_found("nothing was imported yet")),
    }
}

/// Runs work on the store off the threads that serve connections.
async fn on_store<T: Send + 'static>(
    state: &AppState,
    make: bool,
    work: impl FnOnce(&mut Store) -> Result<T, StoreError> + Send + 'static,
) -> Result<T, Problem> {
    let state = state.clone();
    let done = tokio::task::spawn_blocking(move || state.on_store(make, work)).await;
    stored(done.map_err(|e| Problem::internal(&e))?)
}

/// Lets only those with a token pass: 403 where none is configured, 401 without one or with a wrong one.
async fn allowed(state: &AppState, headers: &HeaderMap) -> Result<(), Problem> {
    let forbidden =
        || Problem::new(StatusCode::FORBIDDEN, "writing is off: make a token with `levelmap token new NAME`");
    if !state.can_write() {
        return Err(forbidden());
    }
    let tokens = on_store(state, false, Store::token_count).await;
    match tokens {
        Ok(0) => return Err(forbidden()),
        Err(problem) if problem.status == 404 => return Err(forbidden()),
        other => other?,
    };
    let token = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Bearer "))
        .map(|token| token.trim().to_owned());
    let unknown = || Problem::new(StatusCode::UNAUTHORIZED, "this needs `Authorization: Bearer TOKEN`");
    let token = token.ok_or_else(unknown)?;
    let name = on_store(state, false, move |store| store.token_name(&token)).await?.ok_or_else(unknown)?;
    tracing::info!(token = name, "a write");
    Ok(())
}

/// Reads the values anew after a change of the store.
async fn refreshed(state: &AppState) -> Result<(), Problem> {
    let state = state.clone();
    let done = tokio::task::spawn_blocking(move || state.refresh()).await;
    done.map_err(|e| Problem::internal(&e))?.map_err(|e| Problem::internal(&e))
}

/// How a table is to be read, from a query; its `period` is left to the caller.
pub(super) fn options(read: &mut Parameters) -> ImportOptions {
    let format = read.text("format").filter(|f| *f != "auto").map(str::to_owned);
    let format = format.and_then(|text| match text.parse::<Format>() {
        Ok(format) => Some(format),
        Err(error) => {
            read.fault("format", &text, error);
            None
        }
    });
    let word = |name: &str| {
        let text = read.text(name)?.to_owned();
        Some((text.clone(), Value::String(text)))
    };
    let (kind, polarity) = (word("kind"), word("polarity"));
    let mut options = ImportOptions {
        format,
        title: read.text("title").map(str::to_owned),
        unit: read.text("unit").map(str::to_owned),
        licence: read.text("licence").map(str::to_owned),
        ..ImportOptions::default()
    };
    if let Some((text, value)) = kind {
        match serde_json::from_value::<IndicatorKind>(value) {
            Ok(kind) => options.kind = Some(kind),
            Err(_) => read.fault("kind", &text, "one of count, rate, proportion, mean, median, index"),
        }
    }
    if let Some((text, value)) = polarity {
        match serde_json::from_value::<Polarity>(value) {
            Ok(polarity) => options.polarity = Some(polarity),
            Err(_) => read.fault("polarity", &text, "one of high-is-good, low-is-good, neutral"),
        }
    }
    options
}

/// Imports a table: the body is the CSV. `dry_run=true` says what would become of it and keeps nothing.
#[utoipa::path(post, path = "/v1/imports", tag = "imports",
    params(("format" = Option<String>, Query, description = "auto (default), fingertips, els, nomis, tidy"),
        ("dry_run" = Option<bool>, Query, description = "Only report"),
        ("file" = Option<String>, Query, description = "What the report calls the table"),
        ("title" = Option<String>, Query, description = "Title of the indicator, for a table that has none"),
        ("unit" = Option<String>, Query), ("kind" = Option<String>, Query), ("period" = Option<String>, Query),
        ("polarity" = Option<String>, Query), ("licence" = Option<String>, Query)),
    responses((status = 201, description = "The match report"), (status = 401, body = Problem), (status = 403, body = Problem)))]
pub async fn create(
    State(state): State<AppState>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Body,
) -> Answer {
    allowed(&state, &headers).await?;
    let mut read = Parameters::parse(query.as_deref(), &PARAMETERS);
    let options = ImportOptions { period: read.value::<Period>("period"), ..options(&mut read) };
    let dry_run = read.value::<bool>("dry_run").unwrap_or(false);
    let name = read.text("file").unwrap_or("table.csv").to_owned();
    read.finish()?;
    let file = spooled(body).await?;
    let reported = {
        let state = state.clone();
        tokio::task::spawn_blocking(move || imported(&state, &name, file, &options, dry_run)).await
    };
    let report = reported.map_err(|e| Problem::internal(&e))??;
    if dry_run {
        return answer::json(&json!({"files": [report.shown()]}));
    }
    refreshed(&state).await?;
    let location = report.import.map(|id| format!("/v1/imports/{id}")).unwrap_or_default();
    let answer = answer::json(&json!({"files": [report.shown()]}))?;
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], answer).into_response())
}

/// Writes a body to a file without a name, so that a large one takes no memory.
async fn spooled(body: Body) -> Result<std::fs::File, Problem> {
    let file = tempfile::tempfile().map_err(|e| Problem::internal(&e))?;
    let mut file = tokio::fs::File::from_std(file);
    let stream = body.into_data_stream().map_err(std::io::Error::other);
    let mut reader = StreamReader::new(stream);
    tokio::io::copy(&mut reader, &mut file).await.map_err(|e| {
        Problem::new(StatusCode::BAD_REQUEST, format!("the body could not be read to its end: {e}"))
    })?;
    file.flush().await.map_err(|e| Problem::internal(&e))?;
    Ok(file.into_std().await)
}

fn imported(
    state: &AppState,
    name: &str,
    file: std::fs::File,
    options: &ImportOptions,
    dry_run: bool,
) -> Result<Report, Problem> {
    let served = state.served();
    let gazetteer = served.atlas.gazetteer();
    let done = if dry_run {
        import::import(None, &gazetteer, name, file, options)
    } else {
        let mut failed = None;
        let done = state.on_store(true, |store| {
            match import::import(Some(store), &gazetteer, name, file, options) {
                Ok(report) => Ok(Some(report)),
                Err(ImportError::Store(error)) => Err(error),
                Err(other) => {
                    failed = Some(other);
                    Ok(None)
                }
            }
        });
        match (stored(done)?, failed) {
            (Some(report), _) => Ok(report),
            (None, Some(error)) => Err(error),
            (None, None) => return Err(Problem::internal(&"an import without a report")),
        }
    };
    done.map_err(refused)
}

/// What is wrong with a table is its sender's; what is wrong with the store is not.
pub(super) fn refused(error: ImportError) -> Problem {
    match error {
        ImportError::Store(e) => Problem::internal(&e),
        ImportError::Read(e) => Problem::internal(&e),
        told => Problem::new(StatusCode::BAD_REQUEST, told.to_string()),
    }
}

/// All imports, latest first.
#[utoipa::path(get, path = "/v1/imports", tag = "imports", responses((status = 200, description = "The imports")))]
pub async fn list(State(state): State<AppState>, RawQuery(query): RawQuery) -> Answer {
    Parameters::parse(query.as_deref(), &[]).finish()?;
    let imports: Vec<ImportEntry> = match on_store(&state, false, Store::imports).await {
        Err(problem) if problem.status == 404 => Vec::new(),
        other => other?,
    };
    answer::json(&json!({"count": imports.len(), "results": imports}))
}

fn number(id: &str) -> Result<i64, Problem> {
    id.parse().map_err(|_| Problem::parameter("id", id, "the number of an import"))
}

/// One import: its whole report.
#[utoipa::path(get, path = "/v1/imports/{id}", tag = "imports", params(("id" = i64, Path)),
    responses((status = 200, description = "The whole report"), (status = 404, body = Problem)))]
pub async fn one(State(state): State<AppState>, Path(id): Path<String>, RawQuery(query): RawQuery) -> Answer {
    Parameters::parse(query.as_deref(), &[]).finish()?;
    let id = number(&id)?;
    let report = on_store(&state, false, move |store| store.report(id)).await?;
    let report = report.ok_or_else(|| Problem::not_found(format!("there is no import {id}")))?;
    Ok(answer::bytes("application/json", report))
}

/// Withdraws an import: the values before it come back.
#[utoipa::path(delete, path = "/v1/imports/{id}", tag = "imports", params(("id" = i64, Path)),
    responses((status = 204, description = "Withdrawn"), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn withdraw(State(state): State<AppState>, Path(id): Path<String>, headers: HeaderMap) -> Answer {
    allowed(&state, &headers).await?;
    let id = number(&id)?;
    if !on_store(&state, false, move |store| store.withdraw(id)).await? {
        return Err(Problem::not_found(format!("there is no import {id} that counts")));
    }
    refreshed(&state).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Sets what is said of an indicator (polarity, title, unit, kind, capital, horizon...) in place of what its source says.
#[utoipa::path(put, path = "/v1/indicators/{id}", tag = "imports", params(("id" = String, Path)),
    responses((status = 200, description = "The indicator as it now is"), (status = 400, body = Problem), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn set_indicator(
    State(state): State<AppState>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: String,
) -> Answer {
    allowed(&state, &headers).await?;
    let fault = |e: String| Problem::new(StatusCode::BAD_REQUEST, e);
    let settings: Map<String, Value> = serde_json::from_str(&body)
        .map_err(|e| fault(format!("the body must be a JSON object of what to set: {e}")))?;
    let id: IndicatorId = {
        let served = state.served();
        let indicator = find(&served, &id)?;
        with_settings(&indicator.indicator, &settings).map_err(fault)?;
        indicator.indicator.id.clone()
    };
    let text = Value::Object(settings).to_string();
    let set = id.clone();
    on_store(&state, true, move |store| store.set_indicator(&set, &text)).await?;
    refreshed(&state).await?;
    answer::json(&find(&state.served(), id.as_str())?.indicator)
}

/// Takes an imported indicator out: no import made so far counts for it any more.
#[utoipa::path(delete, path = "/v1/indicators/{id}", tag = "imports", params(("id" = String, Path)),
    responses((status = 204, description = "Taken out"), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn remove_indicator(
    State(state): State<AppState>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Answer {
    allowed(&state, &headers).await?;
    let id = find(&state.served(), &id)?.indicator.id.clone();
    on_store(&state, true, move |store| store.remove_indicator(&id)).await?;
    refreshed(&state).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Reads boundaries and values anew; on failure what is served stays.
#[utoipa::path(post, path = "/v1/admin/reload", tag = "imports",
    responses((status = 200, description = "What is now served"), (status = 401, body = Problem), (status = 403, body = Problem)))]
pub async fn reload(State(state): State<AppState>, headers: HeaderMap) -> Result<Response, Problem> {
    allowed(&state, &headers).await?;
    let done = {
        let state = state.clone();
        tokio::task::spawn_blocking(move || state.reload()).await
    };
    done.map_err(|e| Problem::internal(&e))?.map_err(|e| Problem::internal(&format!("{e:#}")))?;
    answer::json(&json!({"fingerprint": state.served().atlas.fingerprint()}))
}
