//! Connections of clients, each served until it is closed or the server is told to stop.

use std::convert::Infallible;
use std::pin::pin;

use axum::body::{Body, Bytes};
use axum::serve::Listener;
use http_body_util::{Either, Full};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::TcpListener;

use super::gate::Gate;

/// The body of an answer as it is sent: whole where it is, which needs no call for each of its parts.
pub type Sent = Either<Full<Bytes>, Body>;

/// Serves every client that connects until `stop`, and then ends when all who wait have their answers.
///
/// `axum::serve` would do the same; it wraps the body of each request and of each answer first, which an answer about a place
/// feels.
pub async fn serve(mut listener: TcpListener, gate: Gate, stop: impl Future<Output = ()>) {
    let connections = GracefulShutdown::new();
    let mut stop = pin!(stop);
    loop {
        let (connection, _) = tokio::select! {
            accepted = Listener::accept(&mut listener) => accepted,
            () = &mut stop => break,
        };
        // Answers leave whole, so there is nothing to wait for before sending.
        if let Err(error) = connection.set_nodelay(true) {
            tracing::debug!(%error, "a connection keeps its delay");
        }
        let gate = gate.clone();
        let answered = service_fn(move |request| {
            let gate = gate.clone();
            async move { Ok::<_, Infallible>(gate.answer(request).await) }
        });
        let served = http1::Builder::new().serve_connection(TokioIo::new(connection), answered);
        let served = connections.watch(served);
        tokio::spawn(async move {
            if let Err(error) = served.await {
                tracing::debug!(%error, "a connection ended early");
            }
        });
    }
    drop(listener);
    connections.shutdown().await;
}
