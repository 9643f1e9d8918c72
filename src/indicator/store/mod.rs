//! Where imports are kept: SQLite in one file, or PostgreSQL. Both speak the same SQL; only opening, filling and
//! reading differ, and those are in `sqlite` and `postgres`.
//!
//! An import is one transaction. Observations are kept as they came, under the code that the file had; what became
//! of the code is worked out anew whenever an atlas is made. Later imports go before earlier ones; a withdrawn
//! import no longer counts, and what it had covered comes back.

mod postgres;
mod schema;
mod sqlite;
#[cfg(test)]
mod tests;

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::published::{Published, PublishedBuilder};
use crate::area::{Flag, Indicator, IndicatorId, Observation, Period};

/// Why the store could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// SQLite failed.
    #[error("SQLite: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// PostgreSQL failed.
    #[error("PostgreSQL: {}", postgres::said(.0))]
    Postgres(#[from] ::postgres::Error),
    /// The store was written by a later version of the program.
    #[error("the store has schema {found}; this program knows up to {known}: use a later version of it")]
    Newer {
        /// The schema of the store.
        found: i64,
        /// The latest that is known here.
        known: i64,
    },
    /// The store holds what this program never writes.
    #[error("the store is damaged: {0}")]
    Damaged(String),
}

/// Where a store is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum StoreUrl {
    /// A file of SQLite.
    Sqlite(PathBuf),
    /// A database of PostgreSQL, as its clients write it.
    Postgres(String),
}

impl FromStr for StoreUrl {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Ok(StoreUrl::Postgres(text.to_owned()));
        }
        match text.strip_prefix("sqlite:") {
            Some(path) if !path.is_empty() => Ok(StoreUrl::Sqlite(path.into())),
            _ => Err(format!("`{text}` is not a store: write sqlite:PATH or postgres://USER@HOST/DATABASE")),
        }
    }
}

impl fmt::Display for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StoreUrl::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            // The address may hold a password.
            StoreUrl::Postgres(_) => f.write_str("postgres://..."),
        }
    }
}

/// A value of SQL.
#[derive(Clone, PartialEq, Debug)]
enum Sql {
    Null,
    Int(i64),
    Real(f64),
    Text(String),
}

impl Sql {
    fn text(value: impl Into<String>) -> Self {
        Sql::Text(value.into())
    }

    fn into_text(self) -> Result<String, StoreError> {
        match self {
            Sql::Text(text) => Ok(text),
            other => Err(StoreError::Damaged(format!("{other:?} where a text should be"))),
        }
    }

    fn into_int(self) -> Result<i64, StoreError> {
        match self {
            Sql::Int(int) => Ok(int),
            other => Err(StoreError::Damaged(format!("{other:?} where a whole number should be"))),
        }
    }

    fn into_real(self) -> f64 {
        match self {
            Sql::Real(real) => real,
            Sql::Int(int) => int as f64,
            Sql::Null | Sql::Text(_) => f64::NAN,
        }
    }
}

/// Takes observations of one import.
pub trait Sink {
    /// Keeps one observation of a series, which is numbered from 0 in the order of the import.
    fn put(&mut self, series: u32, area: &str, observation: &Observation) -> Result<(), StoreError>;
}

/// What fills an import: it is given the sink.
type Fill<'a> = dyn FnMut(&mut dyn Sink) -> Result<(), StoreError> + 'a;

/// What is done with each row of an answer: it is given the columns by number.
type EachRow<'a> = dyn FnMut(&mut dyn FnMut(usize) -> Sql) -> Result<(), StoreError> + 'a;

/// What both databases can do. Parameters are `$1`, `$2`... in the order of their numbers.
trait Database: Send {
    fn batch(&mut self, sql: &str) -> Result<(), StoreError>;
    fn execute(&mut self, sql: &str, parameters: &[Sql]) -> Result<u64, StoreError>;
    fn query(&mut self, sql: &str, parameters: &[Sql], each: &mut EachRow<'_>) -> Result<(), StoreError>;
    fn begin(&mut self) -> Result<(), StoreError>;
    fn fill(&mut self, import: i64, fill: &mut Fill<'_>) -> Result<(), StoreError>;
}

/// A series of an import: what was measured, when, of whom.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct SeriesKey {
    /// The indicator.
    pub indicator: IndicatorId,
    /// The period; `None` when the file has none.
    pub period: Option<Period>,
    /// The period as the file has it.
    pub period_text: String,
    /// The sex as the file has it; empty for all.
    pub sex: String,
    /// The age as the file has it; empty for all.
    pub age: String,
    /// A group within the area (a deprivation decile, an ethnic group); empty for the whole.
    pub category: String,
}

/// What an import was, once it is done.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// The file.
    pub file: String,
    /// Its format.
    pub format: String,
    /// Rows below the header.
    pub rows_read: u64,
    /// Rows kept.
    pub rows_stored: u64,
    /// What its indicators are.
    pub indicators: Vec<Indicator>,
    /// Its series, in the order of their numbers.
    pub series: Vec<SeriesKey>,
    /// The whole report, as JSON.
    pub report: String,
}

/// An import as it is listed.
#[derive(Clone, PartialEq, Debug, Serialize, utoipa::ToSchema)]
pub struct ImportEntry {
    /// Its number.
    pub id: i64,
    /// The file.
    pub file: String,
    /// Its format.
    pub format: String,
    /// When it was stored, in UTC.
    pub created: String,
    /// Rows below the header.
    pub rows_read: i64,
    /// Rows kept.
    pub rows_stored: i64,
    /// When it was withdrawn, in UTC.
    pub withdrawn: Option<String>,
}

/// A store, open.
pub struct Store {
    database: Box<dyn Database>,
}

/// The hash under which a token is kept.
fn hash_of(token: &str) -> String {
    Sha256::digest(token.as_bytes()).iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

fn now() -> String {
    jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

impl Store {
    /// Opens a store, making it or bringing its schema up to date where needed.
    pub fn open(url: &StoreUrl) -> Result<Store, StoreError> {
        match url {
            StoreUrl::Sqlite(path) => Store::of(Box::new(sqlite::Sqlite::open(path)?)),
            StoreUrl::Postgres(url) => Store::of(Box::new(postgres::Postgres::open(url)?)),
        }
    }

    /// A store that lasts as long as it is held, and leaves nothing behind.
    pub fn in_memory() -> Result<Store, StoreError> {
        Store::of(Box::new(sqlite::Sqlite::in_memory()?))
    }

    fn of(mut database: Box<dyn Database>) -> Result<Store, StoreError> {
        schema::migrate(database.as_mut())?;
        Ok(Store { database })
    }

    /// True when opening would find something: a file is there, or a database is named.
    pub fn exists(url: &StoreUrl) -> bool {
        !matches!(url, StoreUrl::Sqlite(path) if !path.exists())
    }

    /// Runs `work` in a transaction, which is kept only when it succeeds.
    fn transaction<T, E: From<StoreError>>(
        &mut self,
        work: impl FnOnce(&mut dyn Database) -> Result<T, E>,
    ) -> Result<T, E> {
        self.database.begin()?;
        match work(self.database.as_mut()) {
            Ok(done) => {
                self.database.batch("COMMIT")?;
                Ok(done)
            }
            Err(error) => {
                // The first error is the one to tell; a connection that cannot roll back does so when it closes.
                let _ = self.database.batch("ROLLBACK");
                Err(error)
            }
        }
    }

    /// Makes one import: `fill` is given a sink for its observations, then says what it was. All of it is kept, or
    /// nothing. Gives the import's number.
    pub fn import<E: From<StoreError>>(
        &mut self,
        mut fill: impl FnMut(&mut dyn Sink) -> Result<(), E>,
        record: impl FnOnce(i64) -> Result<Recorded, E>,
    ) -> Result<i64, E> {
        self.transaction(|database| {
            let mut next = 1;
            database.query("SELECT COALESCE(MAX(id), 0) + 1 FROM import", &[], &mut |row| {
                next = row(0).into_int()?;
                Ok(())
            })?;
            // An error of the filling itself is carried past the database, whose errors are its own.
            let mut failed = None;
            let filled = database.fill(next, &mut |sink| {
                fill(sink).map_err(|error| {
                    failed = Some(error);
                    StoreError::Damaged("the import was given up".to_owned())
                })
            });
            if let Some(error) = failed {
                return Err(error);
            }
            filled?;
            let recorded = record(next)?;
            write(database, next, &recorded)?;
            Ok(next)
        })
    }

    /// All imports, latest first.
    pub fn imports(&mut self) -> Result<Vec<ImportEntry>, StoreError> {
        let mut found = Vec::new();
        let sql = "SELECT id, file, format, created, rows_read, rows_stored, withdrawn FROM import ORDER BY id DESC";
        self.database.query(sql, &[], &mut |row| {
            found.push(ImportEntry {
                id: row(0).into_int()?,
                file: row(1).into_text()?,
                format: row(2).into_text()?,
                created: row(3).into_text()?,
                rows_read: row(4).into_int()?,
                rows_stored: row(5).into_int()?,
                withdrawn: row(6).into_text().ok(),
            });
            Ok(())
        })?;
        Ok(found)
    }

    /// The whole report of an import, as JSON.
    pub fn report(&mut self, import: i64) -> Result<Option<String>, StoreError> {
        let mut found = None;
        self.database.query("SELECT report FROM import WHERE id = $1", &[Sql::Int(import)], &mut |row| {
            found = Some(row(0).into_text()?);
            Ok(())
        })?;
        Ok(found)
    }

    /// Withdraws an import: its values no longer count, and those of earlier imports come back. False when there is
    /// none of that number, or it was withdrawn before.
    pub fn withdraw(&mut self, import: i64) -> Result<bool, StoreError> {
        let sql = "UPDATE import SET withdrawn = $1 WHERE id = $2 AND withdrawn IS NULL";
        Ok(self.database.execute(sql, &[Sql::text(now()), Sql::Int(import)])? > 0)
    }

    /// Sets what is said of an indicator, in place of what its files say: a JSON object of fields.
    pub fn set_indicator(&mut self, id: &IndicatorId, settings: &str) -> Result<(), StoreError> {
        let sql = "INSERT INTO indicator (id, settings, hidden_through) VALUES ($1, $2, 0) \
                   ON CONFLICT (id) DO UPDATE SET settings = excluded.settings";
        self.database.execute(sql, &[Sql::text(id.as_str()), Sql::text(settings)])?;
        Ok(())
    }

    /// Takes an indicator out: no import made so far counts for it, and its settings are gone.
    pub fn remove_indicator(&mut self, id: &IndicatorId) -> Result<(), StoreError> {
        let sql = "INSERT INTO indicator (id, settings, hidden_through) \
                   VALUES ($1, '{}', (SELECT COALESCE(MAX(id), 0) FROM import)) \
                   ON CONFLICT (id) DO UPDATE SET settings = '{}', hidden_through = excluded.hidden_through";
        self.database.execute(sql, &[Sql::text(id.as_str())])?;
        Ok(())
    }

    /// Keeps a token by its hash.
    pub fn add_token(&mut self, name: &str, token: &str) -> Result<(), StoreError> {
        let sql = "INSERT INTO token (name, hash, created) VALUES ($1, $2, $3)";
        self.database.execute(sql, &[Sql::text(name), Sql::text(hash_of(token)), Sql::text(now())])?;
        Ok(())
    }

    /// How many tokens there are.
    pub fn token_count(&mut self) -> Result<i64, StoreError> {
        let mut count = 0;
        self.database.query("SELECT COUNT(*) FROM token", &[], &mut |row| {
            count = row(0).into_int()?;
            Ok(())
        })?;
        Ok(count)
    }

    /// The name of a token, if it is known.
    pub fn token_name(&mut self, token: &str) -> Result<Option<String>, StoreError> {
        let mut found = None;
        let sql = "SELECT name FROM token WHERE hash = $1";
        self.database.query(sql, &[Sql::text(hash_of(token))], &mut |row| {
            found = Some(row(0).into_text()?);
            Ok(())
        })?;
        Ok(found)
    }

    /// Everything that counts, for the atlas.
    pub fn published(&mut self) -> Result<Published, StoreError> {
        let mut built = PublishedBuilder::default();
        let mut hidden: Vec<(String, i64)> = Vec::new();
        let mut settings: Vec<(String, String)> = Vec::new();
        self.database.query("SELECT id, settings, hidden_through FROM indicator", &[], &mut |row| {
            let (id, set) = (row(0).into_text()?, row(1).into_text()?);
            built.stamp(&format!("{id} {set}"));
            settings.push((id.clone(), set));
            hidden.push((id, row(2).into_int()?));
            Ok(())
        })?;
        let mut live = Vec::new();
        let sql = "SELECT id, created FROM import WHERE withdrawn IS NULL ORDER BY id";
        self.database.query(sql, &[], &mut |row| {
            let import = row(0).into_int()?;
            built.stamp(&format!("{import} {}", row(1).into_text()?));
            live.push(import);
            Ok(())
        })?;
        for import in live {
            let counts = |id: &str| !hidden.iter().any(|(h, through)| h == id && *through >= import);
            self.published_of(import, &counts, &mut built)?;
        }
        for (id, settings) in settings {
            built.set(&id, &settings).map_err(StoreError::Damaged)?;
        }
        Ok(built.finish())
    }

    fn published_of(
        &mut self,
        import: i64,
        counts: &dyn Fn(&str) -> bool,
        built: &mut PublishedBuilder,
    ) -> Result<(), StoreError> {
        let which = [Sql::Int(import)];
        let sql = "SELECT id, definition FROM import_indicator WHERE import = $1";
        self.database.query(sql, &which, &mut |row| {
            if counts(&row(0).into_text()?) {
                let indicator: Indicator = serde_json::from_str(&row(1).into_text()?)
                    .map_err(|e| StoreError::Damaged(e.to_string()))?;
                built.indicator(indicator);
            }
            Ok(())
        })?;
        let mut places = Vec::new();
        let sql = "SELECT indicator, period_start, period_months, period_text, sex, age, category FROM series \
                   WHERE import = $1 ORDER BY number";
        self.database.query(sql, &which, &mut |row| {
            let id = row(0).into_text()?;
            let whole = row(6).into_text()?.is_empty();
            places.push(if whole && counts(&id) {
                let damaged = |what: &str| StoreError::Damaged(format!("series of {id}: {what}"));
                let period = match row(1) {
                    Sql::Null => None,
                    start => {
                        let start = start.into_text()?.parse().map_err(|_| damaged("its first day"))?;
                        let months = u16::try_from(row(2).into_int()?).map_err(|_| damaged("its length"))?;
                        Some(Period::new(start, months).ok_or_else(|| damaged("its end"))?)
                    }
                };
                let key = SeriesKey {
                    indicator: id.parse().map_err(StoreError::Damaged)?,
                    period,
                    period_text: row(3).into_text()?,
                    sex: row(4).into_text()?,
                    age: row(5).into_text()?,
                    category: String::new(),
                };
                Some(built.series(key))
            } else {
                None
            });
            Ok(())
        })?;
        let sql = "SELECT series, area, value, lower_limit, upper_limit, numerator, denominator, flag \
                   FROM observation WHERE import = $1";
        self.database.query(sql, &which, &mut |row| {
            let place =
                usize::try_from(row(0).into_int()?).ok().and_then(|s| places.get(s).copied()).flatten();
            if let Some(place) = place {
                let numbers = [2, 3, 4, 5, 6].map(|at| row(at).into_real());
                let flag = row(7).into_text().ok().and_then(|f| flag_of(&f));
                built.observation(place, &row(1).into_text()?, numbers, flag);
            }
            Ok(())
        })
    }
}

fn flag_of(text: &str) -> Option<Flag> {
    Flag::ALL.into_iter().find(|flag| flag.as_str() == text)
}

fn write(database: &mut dyn Database, import: i64, recorded: &Recorded) -> Result<(), StoreError> {
    database.execute(
        "INSERT INTO import (id, file, format, created, rows_read, rows_stored, report, withdrawn) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, NULL)",
        &[
            Sql::Int(import),
            Sql::text(&recorded.file),
            Sql::text(&recorded.format),
            Sql::text(now()),
            Sql::Int(recorded.rows_read as i64),
            Sql::Int(recorded.rows_stored as i64),
            Sql::text(&recorded.report),
        ],
    )?;
    for indicator in &recorded.indicators {
        let definition = serde_json::to_string(indicator).map_err(|e| StoreError::Damaged(e.to_string()))?;
        database.execute(
            "INSERT INTO import_indicator (import, id, definition) VALUES ($1, $2, $3)",
            &[Sql::Int(import), Sql::text(indicator.id.as_str()), Sql::Text(definition)],
        )?;
    }
    for (number, series) in recorded.series.iter().enumerate() {
        let (start, months) = match series.period {
            Some(period) => (Sql::Text(period.start().to_string()), Sql::Int(period.months().into())),
            None => (Sql::Null, Sql::Null),
        };
        database.execute(
            "INSERT INTO series (import, number, indicator, period_start, period_months, period_text, sex, age, category) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            &[
                Sql::Int(import),
                Sql::Int(number as i64),
                Sql::text(series.indicator.as_str()),
                start,
                months,
                Sql::text(&series.period_text),
                Sql::text(&series.sex),
                Sql::text(&series.age),
                Sql::text(&series.category),
            ],
        )?;
    }
    Ok(())
}
