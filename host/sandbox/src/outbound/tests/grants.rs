//! Tests of grants for hosts, addresses and secrets.

use super::*;

#[tokio::test]
async fn a_granted_request_goes_through_with_its_secret_filled_in() {
    let port = server(echo).await;
    let mut case = case(&local(port), Limits::default());
    let headers = [
        ("authorization", "Bearer {{secret:KEY}}"),
        ("x-two", "{{secret:KEY}}:{{secret:KEY}}"),
    ];
    let echoed = text(
        case.get_with(
            &format!("http://127.0.0.1:{port}/x?y=1"),
            RequestOptions::default(),
            &headers,
        )
        .await
        .unwrap(),
    )
    .await
    .unwrap();
    assert!(echoed.starts_with("GET /x?y=1 HTTP/1.1\r\n"), "{echoed}");
    assert!(
        echoed.contains("authorization: Bearer s3cr3t\r\n") && echoed.contains("x-two: s3cr3t:s3cr3t\r\n"),
        "{echoed}"
    );
    assert_eq!(case.outbound.requests(), 1);
    assert_eq!(case.outbound.response_bytes(), u64::try_from(echoed.len()).unwrap());
    assert_eq!(case.log_text(), "");
}

#[tokio::test]
async fn a_host_that_is_not_granted_is_refused_with_the_grant_to_add() {
    let mut case = case(&[("api.example.com", None, false)], Limits::default());
    assert!(matches!(
        case.get("https://evil.example/").await,
        Err(Error::HttpRequestDenied)
    ));
    assert_eq!(
        case.log_text(),
        "request to evil.example refused: not granted; add `http: [\"evil.example\"]` to the link's grants"
    );
    assert_eq!(case.outbound.requests(), 0);
}

#[tokio::test]
async fn a_secret_that_is_not_granted_is_not_sent() {
    let port = server(echo).await;
    let mut case = case(&local(port), Limits::default());
    let refused = case
        .get_with(
            &format!("http://127.0.0.1:{port}/"),
            RequestOptions::default(),
            &[("x", "{{secret:OTHER}}")],
        )
        .await;
    assert!(matches!(refused, Err(Error::HttpRequestDenied)));
    assert_eq!(
        case.log_text(),
        "request refused: a header asks for the secret OTHER; add `secrets: [OTHER]` to the link's grants"
    );
}

#[tokio::test]
async fn private_addresses_are_refused_in_every_notation() {
    let port = server(echo).await;
    for host in [
        "127.0.0.1",
        "[::ffff:127.0.0.1]",
        "[::1]",
        "localhost",
        "2130706433",
        "0x7f.1",
        "[64:ff9b::7f00:1]",
        "169.254.169.254",
        "0.0.0.0",
    ] {
        let mut case = case(&[("*", Some(port), false)], Limits::default());
        let refused = case.get(&format!("http://{host}:{port}/")).await;
        assert!(
            matches!(refused, Err(Error::DestinationIpProhibited | Error::DnsError { .. })),
            "{host}: {refused:?}"
        );
        assert!(!case.log_text().is_empty(), "{host}");
    }
    let mut case = case(&[("localhost", Some(port), false)], Limits::default());
    assert!(matches!(
        case.get(&format!("http://localhost:{port}/")).await,
        Err(Error::DestinationIpProhibited)
    ));
    assert!(case.log_text().contains("grant the host with `private: true`"));
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_its_target_is_checked_like_any_other() {
    fn redirect(mut stream: TcpStream, _: String) -> Scripted {
        Box::pin(async move {
            say(
                &mut stream,
                "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/admin\r\ncontent-length: 0\r\n\r\n",
            )
            .await;
        })
    }
    let port = server(redirect).await;
    let mut case = case(&local(port), Limits::default());
    let response = case.get(&format!("http://127.0.0.1:{port}/")).await.unwrap();
    assert_eq!(response.status(), 302);
    let location = response.headers()["location"].to_str().unwrap().to_owned();
    assert!(matches!(case.get(&location).await, Err(Error::HttpRequestDenied)));
}

#[tokio::test]
async fn a_tunnel_is_refused() {
    let mut case = case(&[("*", None, false)], Limits::default());
    let body = Empty::new().map_err(|never| match never {}).boxed_unsync();
    let request = Request::connect("https://example.com/").body(body).unwrap();
    let sending = case
        .outbound
        .send_request(request, None, Box::new(std::future::ready(Ok(()))));
    assert!(matches!(
        Pin::from(sending).await.map(|_| ()),
        Err(Error::HttpRequestMethodInvalid)
    ));
}
