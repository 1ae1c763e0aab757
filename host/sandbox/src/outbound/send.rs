//! Sends an admitted request.

use std::sync::Arc;
use std::time::{Duration, Instant};

use http::uri::PathAndQuery;
use http::{Request, Response, Version};
use http_body_util::BodyExt;
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody};

use super::body::{RequestBody, ResponseBody};
use super::client::OutboundClients;
use super::fault;
use super::policy::Admitted;
use super::request::OutboundRequest;

/// The part of a request that runs after its response. Nothing is left to do by then.
pub(super) type Finished = Box<dyn Future<Output = Result<(), Error>> + Send>;

/// A request that is being sent.
pub(super) type Sending = Box<dyn Future<Output = Result<(Response<WasiBody>, Finished), Error>> + Send>;

/// Passes the gate, sends a request and waits for the head of the response, at most until the
/// call's end.
pub(super) async fn send(
    clients: Arc<OutboundClients>,
    admitted: Admitted,
    options: RequestOptions,
) -> Result<(Response<WasiBody>, Finished), Error> {
    let Admitted {
        request,
        target,
        private,
        slot,
        outbound,
    } = admitted;
    let request = prepare(request, &outbound);
    outbound.state.gate.pass().await;
    let timeout = head_timeout(outbound.state.end, options);
    let waiting = tokio::time::timeout(timeout, clients.client(private).request(request));
    let response = match waiting.await {
        Ok(Ok(response)) => response,
        Ok(Err(error)) => return Err(fault::of_request(&outbound, &target, &error)),
        Err(_) => {
            outbound.note(&format!("request to {target} aborted: no response in time"));
            return Err(Error::HttpResponseTimeout);
        }
    };
    let (head, body) = response.into_parts();
    outbound.responded(head.status.as_u16());
    let body = ResponseBody::new(body, slot, outbound, options.between_bytes_timeout)?;
    let finished: Finished = Box::new(std::future::ready(Ok(())));
    Ok((Response::from_parts(head, body.boxed_unsync()), finished))
}

fn prepare(request: Request<WasiBody>, outbound: &OutboundRequest) -> Request<RequestBody> {
    let (mut head, body) = request.into_parts();
    head.version = Version::HTTP_11;
    // A URL without a path is valid for a guest, but not for the client.
    if head.uri.path_and_query().is_none() {
        let mut parts = head.uri.clone().into_parts();
        parts.path_and_query = Some(PathAndQuery::from_static("/"));
        if let Ok(uri) = http::Uri::from_parts(parts) {
            head.uri = uri;
        }
    }
    Request::from_parts(head, RequestBody::new(body, outbound.clone()))
}

/// Returns the time to wait for the head of the response: until the call's end, or as long as the
/// guest asked, whichever is shorter.
fn head_timeout(end: Instant, options: RequestOptions) -> Duration {
    let left = end.saturating_duration_since(Instant::now());
    match (options.connect_timeout, options.first_byte_timeout) {
        (_, None) => left,
        (connect, Some(first_byte)) => left.min(first_byte.saturating_add(connect.unwrap_or_default())),
    }
}
