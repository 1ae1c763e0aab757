//! A proxy in front of Redis that can lose a reply: the server has done the command, and the
//! connection breaks before its reply arrives.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};

pub struct LossyProxy {
    port: u16,
    loses_next: Arc<AtomicBool>,
}

impl LossyProxy {
    /// Starts a proxy in front of this address (`host:port`).
    pub async fn start(server: String) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let loses_next = Arc::new(AtomicBool::new(false));
        let loses = loses_next.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let upstream = TcpStream::connect(&server).await.unwrap();
                let (from_client, to_client) = client.into_split();
                let (from_server, to_server) = upstream.into_split();
                tokio::spawn(forward(from_client, to_server, None));
                tokio::spawn(forward(from_server, to_client, Some(loses.clone())));
            }
        });
        Self { port, loses_next }
    }

    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Loses the next reply of the server, with its connection.
    pub fn lose_next_reply(&self) {
        self.loses_next.store(true, Ordering::SeqCst);
    }

    /// True when the reply has been lost.
    pub fn has_lost_it(&self) -> bool {
        !self.loses_next.load(Ordering::SeqCst)
    }
}

async fn forward(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, loses: Option<Arc<AtomicBool>>) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(length) = from.read(&mut buffer).await {
        let is_lost = loses.as_ref().is_some_and(|loses| loses.swap(false, Ordering::SeqCst));
        if length == 0 || is_lost || to.write_all(&buffer[..length]).await.is_err() {
            return;
        }
    }
}
