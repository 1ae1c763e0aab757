//! The policy with a real server behind it, which does what servers should not.

use std::time::Duration;

use http_body_util::{BodyExt, Empty};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::*;
use crate::guest_log::Source;
use vcon_document::VconId;
use vconduit_base::names::{ChainName, Digest, LinkName, SecretName};
use vconduit_policy::grants::HostGrant;

/// What the server does with a connection once it has read the request.
type Script = fn(TcpStream, String) -> std::pin::Pin<Box<dyn Future<Output = ()> + Send>>;

struct Case {
    egress: Egress,
    log: Arc<GuestLog>,
}

fn case(http: &[(&str, Option<u16>, bool)], limits: Limits) -> Case {
    vconduit_base::tls::choose_provider();
    let source = Source {
        link: LinkName::new("caller").unwrap(),
        version: Digest::of(b""),
        chain: ChainName::new("main").unwrap(),
        vcon: VconId::new("1").unwrap(),
    };
    let log = Arc::new(GuestLog::new(source, 1000, 100_000, true));
    let mut secrets = Secrets::default();
    secrets.insert("KEY", "s3cr3t").unwrap();
    secrets.insert("OTHER", "hidden").unwrap();
    let grants = Grants {
        http: http
            .iter()
            .map(|(host, port, private)| HostGrant {
                host: (*host).to_owned(),
                port: *port,
                private: *private,
            })
            .collect(),
        secrets: vec![SecretName::new("KEY").unwrap()],
        ..Grants::default()
    };
    let end = Instant::now() + limits.wall;
    let egress = Egress::new(
        Arc::new(Outbound::new().unwrap()),
        Arc::new(grants),
        Arc::new(secrets),
        limits,
        end,
        Arc::clone(&log),
        true,
    );
    Case { egress, log }
}

impl Case {
    async fn get(&mut self, uri: &str) -> Result<Response<WasiBody>, Error> {
        self.get_with(uri, RequestOptions::default(), &[]).await
    }

    async fn get_with(
        &mut self,
        uri: &str,
        options: RequestOptions,
        headers: &[(&str, &str)],
    ) -> Result<Response<WasiBody>, Error> {
        let mut request = Request::get(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = Empty::new().map_err(|never| match never {}).boxed_unsync();
        let sending = self.egress.send_request(
            request.body(body).unwrap(),
            Some(options),
            Box::new(std::future::ready(Ok(()))),
        );
        std::pin::Pin::from(sending).await.map(|(response, _)| response)
    }

    fn said(&self) -> String {
        self.log
            .take()
            .into_iter()
            .map(|line| line.message)
            .collect::<Vec<_>>()
            .join("\n")
    }
}

async fn server(script: Script) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut bytes = vec![0; 64 * 1024];
                let read = stream.read(&mut bytes).await.unwrap_or(0);
                script(stream, String::from_utf8_lossy(&bytes[..read]).into_owned()).await;
            });
        }
    });
    port
}

async fn say(stream: &mut TcpStream, text: &str) -> bool {
    stream.write_all(text.as_bytes()).await.is_ok()
}

fn echo(mut stream: TcpStream, request: String) -> std::pin::Pin<Box<dyn Future<Output = ()> + Send>> {
    Box::pin(async move {
        say(
            &mut stream,
            &format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{request}", request.len()),
        )
        .await;
    })
}

async fn text(response: Response<WasiBody>) -> Result<String, Error> {
    Ok(String::from_utf8_lossy(&response.into_body().collect().await?.to_bytes()).into_owned())
}

fn local(port: u16) -> [(&'static str, Option<u16>, bool); 1] {
    [("127.0.0.1", Some(port), true)]
}

#[tokio::test]
async fn a_granted_request_goes_through_with_its_secret_filled_in() {
    let port = server(echo).await;
    let mut case = case(&local(port), Limits::default());
    let headers = [
        ("authorization", "Bearer {{secret:KEY}}"),
        ("x-two", "{{secret:KEY}}:{{secret:KEY}}"),
    ];
    let answer = text(
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
    assert!(answer.starts_with("GET /x?y=1 HTTP/1.1\r\n"), "{answer}");
    assert!(
        answer.contains("authorization: Bearer s3cr3t\r\n") && answer.contains("x-two: s3cr3t:s3cr3t\r\n"),
        "{answer}"
    );
    assert_eq!(case.egress.requests(), 1);
    assert_eq!(case.egress.response_bytes(), u64::try_from(answer.len()).unwrap());
    assert_eq!(case.said(), "");
}

#[tokio::test]
async fn a_host_that_is_not_granted_is_refused_with_the_grant_to_add() {
    let mut case = case(&[("api.example.com", None, false)], Limits::default());
    assert!(matches!(
        case.get("https://evil.example/").await,
        Err(Error::HttpRequestDenied)
    ));
    assert_eq!(
        case.said(),
        "request to evil.example refused: not granted; add `http: [\"evil.example\"]` to the link's grants"
    );
    assert_eq!(case.egress.requests(), 0);
}

#[tokio::test]
async fn a_secret_that_is_not_granted_stays_here() {
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
        case.said(),
        "request refused: a header asks for the secret OTHER; add `secrets: [OTHER]` to the link's grants"
    );
}

#[tokio::test]
async fn private_addresses_are_refused_however_they_are_written() {
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
        assert!(!case.said().is_empty(), "{host}");
    }
    let mut case = case(&[("localhost", Some(port), false)], Limits::default());
    assert!(matches!(
        case.get(&format!("http://localhost:{port}/")).await,
        Err(Error::DestinationIpProhibited)
    ));
    assert!(case.said().contains("grant the host with `private: true`"));
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_its_target_is_checked_like_any_other() {
    fn redirect(mut stream: TcpStream, _: String) -> std::pin::Pin<Box<dyn Future<Output = ()> + Send>> {
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
async fn an_endless_response_ends_at_its_limit() {
    fn endless(mut stream: TcpStream, _: String) -> std::pin::Pin<Box<dyn Future<Output = ()> + Send>> {
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
    assert!(case.said().contains("longer than response_bytes (100000)"));
    assert!(case.egress.response_bytes() < 200_000);
}

#[tokio::test]
async fn a_response_that_says_that_it_is_too_long_is_not_read_at_all() {
    fn long(mut stream: TcpStream, _: String) -> std::pin::Pin<Box<dyn Future<Output = ()> + Send>> {
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
async fn a_bomb_of_headers_is_refused() {
    fn bomb(mut stream: TcpStream, _: String) -> std::pin::Pin<Box<dyn Future<Output = ()> + Send>> {
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
async fn a_server_that_says_nothing_is_given_up_at_the_calls_end() {
    fn silent(stream: TcpStream, _: String) -> std::pin::Pin<Box<dyn Future<Output = ()> + Send>> {
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
async fn a_body_that_stops_coming_ends_when_the_guest_asked_for_that() {
    fn stuck(mut stream: TcpStream, _: String) -> std::pin::Pin<Box<dyn Future<Output = ()> + Send>> {
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

#[tokio::test]
async fn requests_are_counted_and_so_are_those_open_at_the_same_time() {
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
    assert_eq!(case.said().lines().count(), 2, "one line for each limit");
}

#[tokio::test]
async fn a_tunnel_is_refused() {
    let mut case = case(&[("*", None, false)], Limits::default());
    let body = Empty::new().map_err(|never| match never {}).boxed_unsync();
    let request = Request::connect("https://example.com/").body(body).unwrap();
    let sending = case
        .egress
        .send_request(request, None, Box::new(std::future::ready(Ok(()))));
    assert!(matches!(
        std::pin::Pin::from(sending).await.map(|_| ()),
        Err(Error::HttpRequestMethodInvalid)
    ));
}

#[tokio::test]
async fn requests_are_recorded_with_their_ends_and_without_their_queries() {
    let port = server(echo).await;
    let mut case = case(&[("127.0.0.1", Some(port), true)], Limits::default());
    let key = [("authorization", "{{secret:KEY}}")];
    let url = format!("http://127.0.0.1:{port}/x?token=s3cr3t");
    let answer = case.get_with(&url, RequestOptions::default(), &key).await.unwrap();
    let body = answer.into_body().collect().await.unwrap().to_bytes();
    assert!(String::from_utf8_lossy(&body).contains("s3cr3t"), "the server echoes");
    assert!(case.get("https://user:pw@evil.example/").await.is_err());
    assert!(case.get("https://other.example/y").await.is_err());
    let calls = case.egress.calls();
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
    assert_eq!(case.egress.largest_response_bytes(), body.len() as u64);
    // What came back from the service is the secret, and the log hides it from now on.
    case.log.write(Level::INFO, "echo s3cr3t", &[]);
    assert!(case.said().contains("echo {{secret:KEY}}"));
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
    assert_eq!(case.egress.calls().len(), 100);
}
