//! Tests of outbound requests with a real server that behaves badly.

use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use http::{Request, Response};
use http_body_util::{BodyExt, Empty};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tracing::Level;
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody, WasiHttpHooks};

use super::{OutboundClients, OutboundHttp};
use crate::context::CallContext;
use crate::guest_log::{GuestLog, LogSource};
use crate::probe;
use crate::surroundings::EffectGate;
use vconduit_base::Secrets;
use vconduit_base::names::{Digest, SecretName};
use vconduit_policy::grants::HostGrant;
use vconduit_policy::{Grants, Limits};

mod gate;
mod grants;
mod records;
mod responses;

/// Behaviour of a server after it has read a request.
type Script = fn(TcpStream, String) -> Scripted;

type Scripted = Pin<Box<dyn Future<Output = ()> + Send>>;

struct Case {
    outbound: OutboundHttp,
    log: Arc<GuestLog>,
}

fn case(http: &[(&str, Option<u16>, bool)], limits: Limits) -> Case {
    case_behind(Arc::new(probe::OpenGate), http, limits)
}

fn case_behind(gate: Arc<dyn EffectGate>, http: &[(&str, Option<u16>, bool)], limits: Limits) -> Case {
    vconduit_base::tls::choose_provider();
    let context = probe::describe_context().unwrap();
    let source = LogSource {
        link: context.link.clone(),
        version: Digest::of(b""),
        chain: context.chain.clone(),
        vcon: context.vcon.clone(),
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
    let context = CallContext {
        grants: Arc::new(grants),
        secrets: Arc::new(secrets),
        limits,
        gate,
        keep_log: true,
        ..context
    };
    let clients = Arc::new(OutboundClients::new().unwrap());
    let outbound = OutboundHttp::new(clients, &context, end, Arc::clone(&log));
    Case { outbound, log }
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
        let sending = self.outbound.send_request(
            request.body(body).unwrap(),
            Some(options),
            Box::new(std::future::ready(Ok(()))),
        );
        Pin::from(sending).await.map(|(response, _)| response)
    }

    fn log_text(&self) -> String {
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

fn echo(mut stream: TcpStream, request: String) -> Scripted {
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
