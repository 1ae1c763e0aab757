//! Connections: slow heads, stops.

use std::time::Duration;

use axum::routing::get;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::*;
use crate::serve;

async fn start(router: Router) -> (TcpStream, CancellationToken, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let stop = CancellationToken::new();
    let server = tokio::spawn(serve(listener, router, stop.clone()));
    (TcpStream::connect(address).await.unwrap(), stop, server)
}

async fn rest(client: &mut TcpStream) -> String {
    let mut text = String::new();
    client.read_to_string(&mut text).await.unwrap();
    text
}

#[tokio::test]
async fn requests_get_responses() {
    let (mut client, stop, server) = start(Api::new().router).await;
    client
        .write_all(b"GET /health HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")
        .await
        .unwrap();
    let answer = rest(&mut client).await;
    assert!(
        answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.contains("\"healthy\""),
        "{answer}"
    );
    stop.cancel();
    server.await.unwrap();
}

#[tokio::test]
async fn bytes_that_are_no_http_do_no_harm() {
    let (mut client, stop, server) = start(Api::new().router).await;
    client.write_all(b"\x16\x03\x01 nonsense\r\n\r\n").await.unwrap();
    assert!(rest(&mut client).await.starts_with("HTTP/1.1 400"));
    stop.cancel();
    server.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_slow_head_is_cut_off() {
    let (mut client, _stop, _server) = start(Api::new().router).await;
    let began = tokio::time::Instant::now();
    client.write_all(b"GET /health HTTP/1.1\r\nhost: a\r\n").await.unwrap();
    let _ = rest(&mut client).await;
    assert!(began.elapsed() >= Duration::from_secs(29), "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_stop_lets_requests_in_work_end() {
    let slow = get(|| async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        "done"
    });
    let (mut client, stop, server) = start(Router::new().route("/", slow)).await;
    let mut idle = TcpStream::connect(client.peer_addr().unwrap()).await.unwrap();
    client.write_all(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    stop.cancel();
    assert!(rest(&mut client).await.ends_with("done"), "answered, then closed");
    assert_eq!(rest(&mut idle).await, "", "idle connections are closed");
    server.await.unwrap();
}
