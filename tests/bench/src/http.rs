//! A load generator for HTTP/1.1. It does as little work as possible for each request, because it
//! shares the processors with the server that it measures.

use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Result of a load.
pub struct Load {
    /// Responses per second.
    pub per_second: f64,
    /// Durations of all requests, sorted.
    pub times: Vec<Duration>,
}

impl Load {
    /// Returns the duration that this share of requests does not exceed.
    pub fn quantile(&self, share: f64) -> Duration {
        quantile(&self.times, share)
    }
}

/// Returns the duration that this share of sorted durations does not exceed.
pub fn quantile(sorted: &[Duration], share: f64) -> Duration {
    let index = ((sorted.len() as f64 * share) as usize).min(sorted.len().saturating_sub(1));
    sorted.get(index).copied().unwrap_or_default()
}

/// Posts each body once, over this number of connections.
pub async fn post(address: &str, path: &str, bodies: Vec<String>, connections: usize) -> Load {
    let share = bodies.len().div_ceil(connections);
    let began = Instant::now();
    let tasks: Vec<_> = bodies
        .chunks(share)
        .map(|bodies| tokio::spawn(connection(address.to_owned(), path.to_owned(), bodies.to_vec())))
        .collect();
    let mut times = Vec::with_capacity(bodies.len());
    for task in tasks {
        times.extend(task.await.expect("a connection"));
    }
    let per_second = times.len() as f64 / began.elapsed().as_secs_f64();
    times.sort();
    Load { per_second, times }
}

async fn connection(address: String, path: String, bodies: Vec<String>) -> Vec<Duration> {
    let mut connection = Connection::open(address).await;
    let mut times = Vec::with_capacity(bodies.len());
    for body in bodies {
        let began = Instant::now();
        connection.post(&path, &body).await;
        times.push(began.elapsed());
    }
    times
}

/// A connection that is kept open.
pub struct Connection {
    address: String,
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    /// Connects to `host:port`.
    pub async fn open(address: String) -> Self {
        let stream = TcpStream::connect(&address).await.expect("the server listens");
        stream.set_nodelay(true).expect("no delay");
        Self {
            address,
            stream,
            buffer: Vec::with_capacity(64 * 1024),
        }
    }

    /// Posts JSON and waits for the response, which has to be a success.
    pub async fn post(&mut self, path: &str, body: &str) {
        let request = format!(
            "POST {path} HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            self.address,
            body.len()
        );
        self.stream
            .write_all(request.as_bytes())
            .await
            .expect("the request is sent");
        answer(&mut self.stream, &mut self.buffer).await;
    }
}

/// Reads one response. Any status but a success ends the program.
async fn answer(stream: &mut TcpStream, buffer: &mut Vec<u8>) {
    buffer.clear();
    loop {
        if let Some(length) = complete(buffer) {
            assert!(
                buffer.starts_with(b"HTTP/1.1 2"),
                "refused: {}",
                String::from_utf8_lossy(buffer)
            );
            assert_eq!(buffer.len(), length, "more than one answer");
            return;
        }
        let read = stream.read_buf(buffer).await.expect("a response");
        assert!(read > 0, "the server closed the connection");
    }
}

/// Returns the length of the whole response, once all of it has arrived.
fn complete(buffer: &[u8]) -> Option<usize> {
    let head = buffer.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let text = std::str::from_utf8(buffer.get(..head)?).ok()?;
    let length = text
        .lines()
        .find_map(|line| {
            line.to_ascii_lowercase()
                .strip_prefix("content-length:")
                .and_then(|value| value.trim().parse::<usize>().ok())
        })
        .unwrap_or_default();
    (buffer.len() >= head + length).then_some(head + length)
}
