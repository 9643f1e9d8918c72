//! `levelmap serve`: the server.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Instant;

use anyhow::Context;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use super::config::Config;
use crate::atlas::Atlas;
use crate::coverage::mend::RepairKind;
use crate::http::{AppState, BaseMap, Gate, IDLE_THREAD, app, serve};
use crate::indicator::store::StoreUrl;
use crate::source::folder::Folder;

/// Serve maps, tiles and answers
#[derive(clap::Args)]
pub struct Arguments {
    /// Address to listen on; 127.0.0.1:8080 when nothing is said
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
    /// Folder of boundaries; without it the United Kingdom that is part of the program
    #[arg(long, value_name = "DIR")]
    boundaries: Option<PathBuf>,
    /// Where imported values are kept, ./levelmap.db when nothing is said; a file is made when something is first
    /// written
    #[arg(long, value_name = "sqlite:PATH|postgres://...")]
    store: Option<StoreUrl>,
    /// Longest body that a request may have, in megabytes; 1024 when nothing is said
    #[arg(long, value_name = "MB")]
    max_body_mb: Option<u64>,
    /// File of settings (TOML): listen, boundaries, store, `max_body_mb`, and `base_map` with url and attribution; what
    /// stands on the command line wins
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// Where the server listens when nothing else is said.
const LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);
/// The longest body when nothing else is said, in megabytes.
const MAX_BODY_MB: u64 = 1024;

/// The settings in force: the command line's, else the file's, else the defaults.
struct Settings {
    listen: SocketAddr,
    folder: Folder,
    store: StoreUrl,
    max_body_mb: u64,
    base_map: Option<BaseMap>,
}

impl Settings {
    fn of(arguments: &Arguments) -> anyhow::Result<Settings> {
        let config = arguments.config.as_deref().map(Config::read).transpose()?.unwrap_or_default();
        let store = match (&arguments.store, &config.store) {
            (Some(url), _) => url.clone(),
            (None, Some(text)) => parsed_store(text).context("store, in the file of settings")?,
            (None, None) => parsed_store(super::STORE)?,
        };
        Ok(Settings {
            listen: arguments.listen.or(config.listen).unwrap_or(LISTEN),
            folder: Folder::from(arguments.boundaries.clone().or(config.boundaries.clone())),
            store,
            max_body_mb: arguments.max_body_mb.or(config.max_body_mb).unwrap_or(MAX_BODY_MB),
            base_map: config.base_map()?,
        })
    }
}

fn parsed_store(text: &str) -> anyhow::Result<StoreUrl> {
    text.parse().map_err(|e| anyhow::anyhow!("{e}"))
}

/// Serves until told to stop.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let start = Instant::now();
    tracing_subscriber::fmt()
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_env("LEVELMAP_LOG")
                .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("levelmap=info,tower_http=warn")),
        )
        .with_writer(std::io::stderr)
        .init();
    let Settings { listen, folder, store: url, max_body_mb, base_map } = Settings::of(arguments)?;
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().thread_keep_alive(IDLE_THREAD).build()?;
    runtime.block_on(async {
        let listener =
            TcpListener::bind(listen).await.with_context(|| format!("cannot listen on {listen}"))?;
        let address = listener.local_addr()?;
        let gate = Gate::default();
        let mut serving = tokio::spawn(serve(listener, gate.clone(), told_to_stop()?));
        let reading = folder.clone();
        let loading = tokio::task::spawn_blocking(move || Atlas::load(&reading));
        let atlas = tokio::select! {
            loaded = loading => loaded?.with_context(|| format!("cannot serve {folder}"))?,
            stopped = &mut serving => return Ok(stopped?),
        };
        tracing::info!(
            load_ms = atlas.loaded_in().as_millis() as u64,
            fingerprint = atlas.fingerprint(),
            "loaded {folder}"
        );
        for coverage in atlas.coverages() {
            let repairs = coverage.mended.repairs.iter().filter(|r| r.kind != RepairKind::HoleLeft).count();
            if repairs > 0 {
                tracing::warn!(
                    repairs,
                    "{} had to be mended; `levelmap check` lists how",
                    coverage.entry.file
                );
            }
        }
        let opening = url.clone();
        let opened =
            tokio::task::spawn_blocking(move || AppState::with_store(atlas, folder, opening)).await?;
        let state = opened
            .with_context(|| format!("cannot open {url}"))?
            .with_max_body_bytes(max_body_mb.saturating_mul(1 << 20))
            .with_base_map(base_map);
        gate.open(app(state.clone()));
        eprintln!("Levelmap is ready at http://{address} ({} ms)", start.elapsed().as_millis());
        state.keep_warm();
        reload_on_hangup(state)?;
        Ok(serving.await?)
    })
}

fn told_to_stop() -> anyhow::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// On SIGHUP reads boundaries and values anew; what cannot be read leaves what is served as it is.
fn reload_on_hangup(state: AppState) -> anyhow::Result<()> {
    let mut hangup = signal(SignalKind::hangup())?;
    tokio::spawn(async move {
        while hangup.recv().await.is_some() {
            let reloaded = state.clone();
            match tokio::task::spawn_blocking(move || reloaded.reload()).await {
                Ok(Ok(())) => {
                    tracing::info!(fingerprint = state.served().atlas.fingerprint(), "loaded anew");
                }
                Ok(Err(error)) => {
                    tracing::error!(%error, "could not load anew; serving what was loaded before");
                }
                Err(error) => tracing::error!(%error, "loading anew was cut off"),
            }
        }
    });
    Ok(())
}
