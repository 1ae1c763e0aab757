//! Tests with responses that are too long, too slow or malformed.

use super::*;

#[tokio::test]
async fn an_endless_response_is_aborted_at_its_limit() {
    fn endless(mut stream: TcpStream, _: String) -> Scripted {
        Box::pin(async move {
            say(&mut stream, "HTTP/1.1 200 OK\r\n\r\n").await;
            while say(&mut stream, &"x".repeat(10_000)).await {}
        })
    }
    let port = server(endless).await;
    let mut case = case(
        &local(port),
        Limits {
            response_bytes: 100_000,
            ..Limits::default()
        },
    );
    let response = case.get(&format!("http://127.0.0.1:{port}/")).await.unwrap();
    assert!(matches!(
        text(response).await,
        Err(Error::HttpResponseBodySize(Some(100_000)))
    ));
    assert!(case.log_text().contains("longer than response_bytes (100000)"));
    assert!(case.outbound.response_bytes() < 200_000);
}

#[tokio::test]
async fn a_response_that_declares_too_much_is_not_read() {
    fn long(mut stream: TcpStream, _: String) -> Scripted {
        Box::pin(async move {
            say(&mut stream, "HTTP/1.1 200 OK\r\ncontent-length: 999999999\r\n\r\n").await;
        })
    }
    let port = server(long).await;
    let mut case = case(&local(port), Limits::default());
    assert!(matches!(
        case.get(&format!("http://127.0.0.1:{port}/")).await,
        Err(Error::HttpResponseBodySize(Some(_)))
    ));
}

#[tokio::test]
async fn a_response_with_endless_headers_is_refused() {
    fn bomb(mut stream: TcpStream, _: String) -> Scripted {
        Box::pin(async move {
            say(&mut stream, "HTTP/1.1 200 OK\r\n").await;
            while say(&mut stream, &format!("x-a: {}\r\n", "x".repeat(1000))).await {}
        })
    }
    let port = server(bomb).await;
    let mut case = case(&local(port), Limits::default());
    let refused = case.get(&format!("http://127.0.0.1:{port}/")).await;
    assert!(
        matches!(refused, Err(Error::HttpResponseHeaderSectionSize(_))),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_request_to_a_silent_server_is_aborted_at_the_calls_end() {
    fn silent(stream: TcpStream, _: String) -> Scripted {
        Box::pin(async move {
            tokio::time::sleep(Duration::from_secs(60)).await;
            drop(stream);
        })
    }
    let port = server(silent).await;
    let mut case = case(
        &local(port),
        Limits {
            wall: Duration::from_millis(100),
            ..Limits::default()
        },
    );
    let begun = Instant::now();
    assert!(matches!(
        case.get(&format!("http://127.0.0.1:{port}/")).await,
        Err(Error::HttpResponseTimeout)
    ));
    assert!(begun.elapsed() < Duration::from_secs(2));
}

#[tokio::test]
async fn a_body_that_stalls_is_aborted_after_the_time_that_the_guest_chose() {
    fn stuck(mut stream: TcpStream, _: String) -> Scripted {
        Box::pin(async move {
            say(&mut stream, "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc").await;
            tokio::time::sleep(Duration::from_secs(60)).await;
        })
    }
    let port = server(stuck).await;
    let mut case = case(&local(port), Limits::default());
    let options = RequestOptions {
        between_bytes_timeout: Some(Duration::from_millis(50)),
        ..RequestOptions::default()
    };
    let response = case
        .get_with(&format!("http://127.0.0.1:{port}/"), options, &[])
        .await
        .unwrap();
    assert!(matches!(text(response).await, Err(Error::ConnectionReadTimeout)));
}
