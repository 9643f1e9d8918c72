//! Clients that connect, ask again and again, and are still waiting when the server is told to stop.

use std::time::Duration;

use levelmap::http::{Gate, app, serve};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::http::{STATE, get};

const SOON: Duration = Duration::from_secs(20);

/// The head of the next response on a connection, and its body by the length that it gives.
async fn reply(client: &mut TcpStream) -> (String, Vec<u8>) {
    let mut read = Vec::new();
    loop {
        let mut byte = [0];
        assert_eq!(client.read(&mut byte).await.unwrap(), 1, "the connection ended in a head");
        read.push(byte[0]);
        if read.ends_with(b"\r\n\r\n") {
            break;
        }
    }
    let head = String::from_utf8(read).unwrap().to_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
    let mut body = vec![0; length.parse().unwrap()];
    client.read_exact(&mut body).await.unwrap();
    (head, body)
}

#[tokio::test]
async fn connections_are_kept_and_ended_when_all_is_answered() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let gate = Gate::default();
    gate.open(app(STATE.clone()));
    let serving = tokio::spawn(serve(listener, gate, async move {
        let _ = stopped.await;
    }));

    // One answer after another on one connection: made before the router, by it, in pieces, and none.
    let mut client = TcpStream::connect(address).await.unwrap();
    let paths = [
        "/v1/locate?lon=-1.5491&lat=53.8008",
        "/v1/layers",
        "/v1/choropleth/lsoa/residents.geojson",
        "/v1/choropleth/lsoa/residents.geojson",
        "/v1/locate?lon=-1.5491&lat=53.8008",
        "/nope",
    ];
    for (path, encoding) in paths.into_iter().flat_map(|path| [(path, "identity"), (path, "gzip")]) {
        let asked = format!("GET {path} HTTP/1.1\r\nHost: here\r\nAccept-Encoding: {encoding}\r\n\r\n");
        client.write_all(asked.as_bytes()).await.unwrap();
        let (head, body) = timeout(SOON, reply(&mut client)).await.unwrap();
        let expected = super::http::ask(path, &[("accept-encoding", encoding)]).await;
        assert!(head.starts_with(&format!("http/1.1 {}", expected.status.as_u16())), "{path}: {head}");
        assert!(body == expected.body, "{path}");
    }
    // Two questions at once are answered in their order.
    let two = "GET /v1/locate?lon=-1&lat=53 HTTP/1.1\r\nHost: here\r\n\r\nHEAD /v1/layers HTTP/1.1\r\nHost: here\r\n\r\n";
    client.write_all(two.as_bytes()).await.unwrap();
    let (_, body) = timeout(SOON, reply(&mut client)).await.unwrap();
    assert_eq!(body, get("/v1/locate?lon=-1&lat=53").await.body);

    // Told to stop, the server takes no more, ends the connections that wait for nothing, and answers what was asked before:
    // here a question of which it has the beginning, as it says by `100 Continue`.
    let polygon =
        r#"{"type":"Polygon","coordinates":[[[-1.6,53.7],[-1.5,53.7],[-1.5,53.8],[-1.6,53.8],[-1.6,53.7]]]}"#;
    let mut asking = TcpStream::connect(address).await.unwrap();
    let head = format!(
        "POST /v1/within?layer=lad HTTP/1.1\r\nHost: here\r\nExpect: 100-continue\r\nContent-Length: {}\r\n\r\n",
        polygon.len()
    );
    asking.write_all(head.as_bytes()).await.unwrap();
    let mut go_on = [0; b"HTTP/1.1 100 Continue\r\n\r\n".len()];
    timeout(SOON, asking.read_exact(&mut go_on)).await.unwrap().unwrap();
    assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");
    stop.send(()).unwrap();
    let mut rest = Vec::new();
    timeout(SOON, client.read_to_end(&mut rest)).await.unwrap().unwrap();
    assert!(TcpStream::connect(address).await.is_err());
    assert!(!serving.is_finished(), "one is still waiting");
    asking.write_all(polygon.as_bytes()).await.unwrap();
    let (head, body) = timeout(SOON, reply(&mut asking)).await.unwrap();
    assert!(head.starts_with("http/1.1 200"), "{head}");
    assert!(String::from_utf8(body).unwrap().contains("E08000035"));
    timeout(SOON, serving).await.unwrap().unwrap();
}
