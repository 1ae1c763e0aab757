//! Bodies of requests and responses, counted while they stream.

use std::pin::Pin;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::time::{Instant, Sleep};
use wasmtime_wasi_http::{Error, WasiBody};

use super::fault;
use super::request::OutboundRequest;
use super::state::RequestSlot;

/// Maximum size of a request body, in documents of the maximum size. Base64 and JSON make a
/// document's recording larger by a third, so twice the document is enough.
const DOCUMENTS_PER_REQUEST: u64 = 2;

/// Body of a request, counted.
pub(super) struct RequestBody {
    inner: WasiBody,
    left: u64,
    outbound: OutboundRequest,
}

impl RequestBody {
    /// Wraps a body.
    pub(super) fn new(inner: WasiBody, outbound: OutboundRequest) -> Self {
        Self {
            inner,
            left: outbound
                .state
                .limits
                .document_bytes
                .saturating_mul(DOCUMENTS_PER_REQUEST),
            outbound,
        }
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let polled = Pin::new(&mut self.inner).poll_frame(context);
        if let Poll::Ready(Some(Ok(frame))) = &polled {
            let Some(left) = self.left.checked_sub(length(frame)) else {
                let limit = self.outbound.state.limits.document_bytes;
                self.outbound.note(&format!(
                    "request aborted: its body is longer than {DOCUMENTS_PER_REQUEST} times document_bytes ({limit})"
                ));
                return Poll::Ready(Some(Err(Error::HttpRequestBodySize(Some(limit)))));
            };
            self.left = left;
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// Body of a response, counted. Holds the request's slot until it ends.
pub(super) struct ResponseBody {
    inner: Incoming,
    left: u64,
    slot: Option<RequestSlot>,
    outbound: OutboundRequest,
    between: Option<(Duration, Pin<Box<Sleep>>)>,
}

impl ResponseBody {
    /// Wraps a body. `between` is the longest time that the guest waits for the next bytes.
    ///
    /// # Errors
    /// If its declared length is above the limit.
    pub(super) fn new(
        inner: Incoming,
        slot: RequestSlot,
        outbound: OutboundRequest,
        between: Option<Duration>,
    ) -> Result<Self, Error> {
        let limit = outbound.state.limits.response_bytes;
        if inner.size_hint().lower() > limit {
            return Err(too_long(&outbound));
        }
        let between = between.map(|time| (time, Box::pin(tokio::time::sleep(time))));
        Ok(Self {
            inner,
            left: limit,
            slot: Some(slot),
            outbound,
            between,
        })
    }

    fn count(&mut self, frame: &Frame<Bytes>) -> Result<(), Error> {
        let bytes = length(frame);
        let state = &self.outbound.state;
        state.received_bytes.fetch_add(bytes, Ordering::Relaxed);
        self.outbound.received(bytes);
        self.left = self.left.checked_sub(bytes).ok_or_else(|| too_long(&self.outbound))?;
        let so_far = state.limits.response_bytes.saturating_sub(self.left);
        state.largest_response_bytes.fetch_max(so_far, Ordering::Relaxed);
        if let Some((time, timer)) = &mut self.between {
            timer.as_mut().reset(Instant::now() + *time);
        }
        Ok(())
    }

    fn is_silent_too_long(&mut self, context: &mut Context<'_>) -> bool {
        self.between
            .as_mut()
            .is_some_and(|(_, timer)| timer.as_mut().poll(context).is_ready())
    }
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let ended = match Pin::new(&mut self.inner).poll_frame(context) {
            Poll::Ready(Some(Ok(frame))) => match self.count(&frame) {
                Ok(()) => return Poll::Ready(Some(Ok(frame))),
                Err(error) => Some(Err(error)),
            },
            Poll::Ready(Some(Err(error))) => Some(Err(fault::of_body(&error))),
            Poll::Ready(None) => None,
            Poll::Pending if self.is_silent_too_long(context) => Some(Err(Error::ConnectionReadTimeout)),
            Poll::Pending => return Poll::Pending,
        };
        self.slot = None;
        if let Some(Err(error)) = &ended {
            self.outbound.failed(error);
        }
        Poll::Ready(ended)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

fn too_long(outbound: &OutboundRequest) -> Error {
    let limit = outbound.state.limits.response_bytes;
    outbound.note(&format!(
        "response aborted: its body is longer than response_bytes ({limit}); raise it if the link needs more"
    ));
    Error::HttpResponseBodySize(Some(limit))
}

fn length(frame: &Frame<Bytes>) -> u64 {
    frame
        .data_ref()
        .map_or(0, |data| u64::try_from(data.len()).unwrap_or(u64::MAX))
}
