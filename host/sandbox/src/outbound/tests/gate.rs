//! Tests of the gate of a call whose host may have lost its claim.

use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use tokio::sync::Semaphore;

use super::*;

/// Lets one effect through for each permit.
struct CountingGate {
    permits: Semaphore,
    asked: AtomicUsize,
}

#[async_trait]
impl EffectGate for CountingGate {
    async fn pass(&self) {
        self.asked.fetch_add(1, Ordering::SeqCst);
        self.permits.acquire().await.unwrap().forget();
    }
}

#[tokio::test]
async fn a_request_begins_only_when_the_gate_is_open() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let gate = Arc::new(CountingGate {
        permits: Semaphore::new(0),
        asked: AtomicUsize::new(0),
    });
    let mut case = case_behind(gate.clone(), &local(port), Limits::default());
    let uri = format!("http://127.0.0.1:{port}/");
    let reached = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        assert_eq!(gate.asked.load(Ordering::SeqCst), 1);
        assert_eq!(gate.permits.available_permits(), 0, "a request passed a closed gate");
        let mut request = [0; 1024];
        let _ = stream.read(&mut request).await.unwrap();
        stream
            .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
            .await
            .unwrap();
    };
    let opened = async {
        while gate.asked.load(Ordering::SeqCst) == 0 {
            tokio::task::yield_now().await;
        }
        // Nothing has connected: the kernel would have accepted it by itself.
        let early = tokio::time::timeout(Duration::from_millis(50), listener.accept()).await;
        assert!(early.is_err(), "a request began before the gate was open");
        gate.permits.add_permits(1);
        reached.await;
    };
    let (response, ()) = tokio::join!(case.get(&uri), opened);
    assert_eq!(response.unwrap().status(), 200);
}
