//! Tests of the number of requests and of their records.

use super::*;

#[tokio::test]
async fn all_requests_and_open_requests_are_limited() {
    let port = server(echo).await;
    let mut case = case(
        &local(port),
        Limits {
            requests: 4,
            concurrent_requests: 2,
            ..Limits::default()
        },
    );
    let uri = format!("http://127.0.0.1:{port}/");
    let first = case.get(&uri).await.unwrap();
    let second = case.get(&uri).await.unwrap();
    assert!(matches!(case.get(&uri).await, Err(Error::ConnectionLimitReached)));
    drop((first, second));
    assert!(text(case.get(&uri).await.unwrap()).await.is_ok());
    for _ in 0..100 {
        assert!(matches!(case.get(&uri).await, Err(Error::HttpRequestDenied)));
    }
    assert_eq!(case.log_text().lines().count(), 2, "one line for each limit");
}

#[tokio::test]
async fn requests_are_recorded_with_their_results_and_without_their_queries() {
    let port = server(echo).await;
    let mut case = case(&[("127.0.0.1", Some(port), true)], Limits::default());
    let key = [("authorization", "{{secret:KEY}}")];
    let url = format!("http://127.0.0.1:{port}/x?token=s3cr3t");
    let response = case.get_with(&url, RequestOptions::default(), &key).await.unwrap();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    assert!(String::from_utf8_lossy(&body).contains("s3cr3t"), "the server echoes");
    assert!(case.get("https://user:pw@evil.example/").await.is_err());
    assert!(case.get("https://other.example/y").await.is_err());
    let calls = case.outbound.records();
    assert!(
        !format!("{calls:?}").contains("s3cr3t") && !format!("{calls:?}").contains("pw"),
        "{calls:?}"
    );
    let [made, disguised, refused] = &calls[..] else {
        panic!("{calls:?}")
    };
    assert_eq!(
        (
            made.url.as_str(),
            made.status,
            made.problem.as_deref(),
            made.response_bytes
        ),
        (
            format!("http://127.0.0.1:{port}/x?…").as_str(),
            Some(200),
            None,
            body.len() as u64
        )
    );
    assert!(disguised.problem.is_some() && disguised.status.is_none());
    assert!(
        refused.problem.as_ref().unwrap().contains("not granted; add"),
        "{refused:?}"
    );
    assert_eq!(case.outbound.largest_response_bytes(), body.len() as u64);
    // The service returned the secret, and the log replaces it from now on.
    case.log.write(Level::INFO, "echo s3cr3t", &[]);
    assert!(case.log_text().contains("echo {{secret:KEY}}"));
}

#[tokio::test]
async fn no_more_than_a_hundred_requests_are_recorded() {
    let limits = Limits {
        requests: 1000,
        ..Limits::default()
    };
    let mut case = case(&[], limits);
    for _ in 0..150 {
        assert!(case.get("https://other.example/").await.is_err());
    }
    assert_eq!(case.outbound.records().len(), 100);
}
