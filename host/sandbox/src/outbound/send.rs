//! Sends a request that was admitted.

use std::sync::Arc;
use std::time::{Duration, Instant};

use http::uri::PathAndQuery;
use http::{Request, Response, Version};
use http_body_util::BodyExt;
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody};

use super::body::{Download, Upload};
use super::client::Outbound;
use super::policy::Admitted;
use super::{Asked, CallEgress, Finished, fault};

/// Sends and waits for the head of the response, at most until the call's end.
pub(super) async fn send(
    outbound: Arc<Outbound>,
    admitted: Admitted,
    options: RequestOptions,
) -> Result<(Response<WasiBody>, Finished), Error> {
    let Admitted {
        request,
        target,
        private,
        slot,
        asked,
    } = admitted;
    let request = prepare(request, &asked);
    let waiting = tokio::time::timeout(
        patience(&asked.call, options),
        outbound.client(private).request(request),
    );
    let response = match waiting.await {
        Ok(Ok(response)) => response,
        Ok(Err(error)) => return Err(fault::of_request(&asked, &target, &error)),
        Err(_) => {
            asked.note(&format!("request to {target} given up: no answer in time"));
            return Err(Error::HttpResponseTimeout);
        }
    };
    let (head, body) = response.into_parts();
    asked.answered(head.status.as_u16());
    let body = Download::new(body, slot, asked, options.between_bytes_timeout)?;
    let finished: Finished = Box::new(std::future::ready(Ok(())));
    Ok((Response::from_parts(head, body.boxed_unsync()), finished))
}

fn prepare(request: Request<WasiBody>, asked: &Asked) -> Request<Upload> {
    let (mut head, body) = request.into_parts();
    head.version = Version::HTTP_11;
    // An address without a path is legal for a guest and not for a client.
    if head.uri.path_and_query().is_none() {
        let mut parts = head.uri.clone().into_parts();
        parts.path_and_query = Some(PathAndQuery::from_static("/"));
        if let Ok(uri) = http::Uri::from_parts(parts) {
            head.uri = uri;
        }
    }
    Request::from_parts(head, Upload::new(body, asked.clone()))
}

/// How long to wait for the head: until the call's end, or as long as the guest asked.
fn patience(call: &CallEgress, options: RequestOptions) -> Duration {
    let left = call.end.saturating_duration_since(Instant::now());
    match (options.connect_timeout, options.first_byte_timeout) {
        (_, None) => left,
        (connect, Some(first_byte)) => left.min(first_byte.saturating_add(connect.unwrap_or_default())),
    }
}
