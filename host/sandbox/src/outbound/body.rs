//! Bodies on the way out and in, counted as they stream.

use std::pin::Pin;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::time::{Instant, Sleep};
use wasmtime_wasi_http::{Error, WasiBody};

use super::{Asked, Slot, fault};

/// A request body. Base64 and JSON make a document's recording larger by a third, so twice the document is room enough.
const DOCUMENTS_PER_REQUEST: u64 = 2;

/// A request body, counted.
pub(super) struct Upload {
    inner: WasiBody,
    left: u64,
    asked: Asked,
}

impl Upload {
    pub(super) fn new(inner: WasiBody, asked: Asked) -> Self {
        Self {
            inner,
            left: asked.call.limits.document_bytes.saturating_mul(DOCUMENTS_PER_REQUEST),
            asked,
        }
    }
}

impl Body for Upload {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let polled = Pin::new(&mut self.inner).poll_frame(context);
        if let Poll::Ready(Some(Ok(frame))) = &polled {
            let Some(left) = self.left.checked_sub(length(frame)) else {
                let limit = self.asked.call.limits.document_bytes;
                self.asked.note(&format!(
                    "request given up: its body is longer than {DOCUMENTS_PER_REQUEST} times document_bytes ({limit})"
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

/// A response body, counted. Holds the request's place among the open ones until it ends.
pub(super) struct Download {
    inner: Incoming,
    left: u64,
    slot: Option<Slot>,
    asked: Asked,
    between: Option<(Duration, Pin<Box<Sleep>>)>,
}

impl Download {
    /// Refuses at once what says that it is too long.
    pub(super) fn new(inner: Incoming, slot: Slot, asked: Asked, between: Option<Duration>) -> Result<Self, Error> {
        let limit = asked.call.limits.response_bytes;
        if inner.size_hint().lower() > limit {
            return Err(too_long(&asked));
        }
        let between = between.map(|time| (time, Box::pin(tokio::time::sleep(time))));
        Ok(Self {
            inner,
            left: limit,
            slot: Some(slot),
            asked,
            between,
        })
    }

    fn count(&mut self, frame: &Frame<Bytes>) -> Result<(), Error> {
        let bytes = length(frame);
        let call = &self.asked.call;
        call.received.fetch_add(bytes, Ordering::Relaxed);
        self.asked.received(bytes);
        self.left = self.left.checked_sub(bytes).ok_or_else(|| too_long(&self.asked))?;
        call.largest
            .fetch_max(call.limits.response_bytes.saturating_sub(self.left), Ordering::Relaxed);
        if let Some((time, timer)) = &mut self.between {
            timer.as_mut().reset(Instant::now() + *time);
        }
        Ok(())
    }
}

impl Download {
    fn silent_too_long(&mut self, context: &mut Context<'_>) -> bool {
        self.between
            .as_mut()
            .is_some_and(|(_, timer)| timer.as_mut().poll(context).is_ready())
    }
}

impl Body for Download {
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
            Poll::Pending if self.silent_too_long(context) => Some(Err(Error::ConnectionReadTimeout)),
            Poll::Pending => return Poll::Pending,
        };
        self.slot = None;
        if let Some(Err(error)) = &ended {
            self.asked.failed(error);
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

fn too_long(asked: &Asked) -> Error {
    let limit = asked.call.limits.response_bytes;
    asked.note(&format!(
        "response given up: its body is longer than response_bytes ({limit}); raise it if the link needs more"
    ));
    Error::HttpResponseBodySize(Some(limit))
}

fn length(frame: &Frame<Bytes>) -> u64 {
    frame
        .data_ref()
        .map_or(0, |data| u64::try_from(data.len()).unwrap_or(u64::MAX))
}
