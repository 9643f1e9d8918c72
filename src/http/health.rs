//! `/health/*` and `/metrics`.

use axum::extract::State;
use axum::response::Response;

use super::answer::{Answer, bytes, json};
use super::state::AppState;

/// The process answers.
pub async fn live() -> Answer {
    json(&serde_json::json!({"status": "live"}))
}

/// The atlas is loaded: before it is, [`super::gate`] answers.
pub async fn ready(State(state): State<AppState>) -> Answer {
    json(&serde_json::json!({"status": "ready", "fingerprint": state.served().atlas.fingerprint()}))
}

/// Figures of the atlas in the text form of Prometheus.
pub async fn metrics(State(state): State<AppState>) -> Response {
    let served = state.served();
    let atlas = &served.atlas;
    let text = format!(
        "# HELP levelmap_atlas_load_seconds Time taken to load what is served.\n\
         # TYPE levelmap_atlas_load_seconds gauge\n\
         levelmap_atlas_load_seconds {}\n\
         # HELP levelmap_blocks Blocks in all coverages.\n\
         # TYPE levelmap_blocks gauge\n\
         levelmap_blocks {}\n\
         # HELP levelmap_layers Layers served.\n\
         # TYPE levelmap_layers gauge\n\
         levelmap_layers {}\n\
         # HELP levelmap_indicators Indicators served.\n\
         # TYPE levelmap_indicators gauge\n\
         levelmap_indicators {}\n",
        atlas.loaded_in().as_secs_f64(),
        atlas.block_count(),
        atlas.layers().len(),
        atlas.indicators().len()
    );
    bytes("text/plain; version=0.0.4", text)
}
