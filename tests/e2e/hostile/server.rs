//! A hostile HTTP service on a loopback port.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// The running service. Dropping it stops it.
pub struct Server {
    port: u16,
    request_heads: Arc<Mutex<String>>,
    task: JoinHandle<()>,
}

impl Server {
    /// Starts the service.
    pub async fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a loopback port");
        let port = listener.local_addr().expect("its address").port();
        let request_heads = Arc::new(Mutex::new(String::new()));
        let task = tokio::spawn(listen(listener, Arc::clone(&request_heads)));
        Self {
            port,
            request_heads,
            task,
        }
    }

    /// Replaces the placeholder in a text by its address.
    pub fn fill(&self, text: &str) -> String {
        text.replace("{{server}}", &format!("127.0.0.1:{}", self.port))
            .replace("{{port}}", &self.port.to_string())
    }

    /// Returns the heads of all requests.
    pub fn request_heads(&self) -> String {
        self.request_heads.lock().expect("no panic").clone()
    }

    /// Returns the `Host` headers of requests that name another host than this service.
    pub fn foreign_hosts(&self) -> Vec<String> {
        let own = format!("host: 127.0.0.1:{}", self.port);
        let request_heads = self.request_heads().to_ascii_lowercase();
        let hosts = request_heads.lines().filter(|line| line.starts_with("host:"));
        hosts.filter(|line| *line != own).map(str::to_owned).collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn listen(listener: TcpListener, request_heads: Arc<Mutex<String>>) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(serve(stream, Arc::clone(&request_heads)));
    }
}

async fn serve(mut stream: TcpStream, request_heads: Arc<Mutex<String>>) {
    let mut bytes = vec![0; 64 * 1024];
    // One request for each connection. Our requests send the head in one piece.
    let read = stream.read(&mut bytes).await.unwrap_or(0);
    let head = String::from_utf8_lossy(&bytes[..read]).into_owned();
    request_heads.lock().expect("no panic").push_str(&head);
    let path = head.split(' ').nth(1).unwrap_or_default();
    // Most of these exchanges end because the client closes the connection.
    let _ = match path.strip_prefix("/redirect/") {
        Some(to) => redirect(&mut stream, to).await,
        None => answer(&mut stream, path).await,
    };
}

async fn redirect(stream: &mut TcpStream, to: &str) -> std::io::Result<()> {
    let head =
        format!("HTTP/1.1 302 Found\r\nlocation: http://{to}/\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).await
}

async fn answer(stream: &mut TcpStream, path: &str) -> std::io::Result<()> {
    match path {
        "/slow" => slow(stream).await,
        "/endless" => endless(stream).await,
        "/giant-head" => {
            let fields: String = (0..2000).map(|at| format!("x-{at}: {}\r\n", "y".repeat(100))).collect();
            stream
                .write_all(format!("HTTP/1.1 200 OK\r\n{fields}content-length: 0\r\n\r\n").as_bytes())
                .await
        }
        _ => {
            stream
                .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}")
                .await
        }
    }
}

async fn slow(stream: &mut TcpStream) -> std::io::Result<()> {
    stream
        .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n")
        .await?;
    loop {
        stream.write_all(b"x").await?;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn endless(stream: &mut TcpStream) -> std::io::Result<()> {
    stream
        .write_all(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n")
        .await?;
    let piece = [b'x'; 16 * 1024];
    loop {
        stream.write_all(&piece).await?;
    }
}
