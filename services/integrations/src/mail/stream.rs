//! A stream of which a bounded number of bytes is read, a line at a time.
//!
//! The SMTP client below reads whole lines into memory, however long they are: a server that never ends one would
//! fill it. And what it has read before TLS begins it would take for an answer after: whoever sits between could put
//! words there. Nothing is ever read ahead of a line's end here, so that such words end up in the TLS handshake, which
//! fails.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use lettre::transport::smtp::client::AsyncTokioStream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// All that a server says for one mail, its certificates included: some ten KiB are usual.
const READ_BYTES_MAX: usize = 256 * 1024;
/// Read at once.
const CHUNK_BYTES: usize = 4 * 1024;

#[derive(Debug)]
pub(super) struct Bounded<S> {
    stream: S,
    peer: SocketAddr,
    held: Vec<u8>,
    given: usize,
    read: usize,
}

impl<S> Bounded<S> {
    pub(super) fn new(stream: S, peer: SocketAddr) -> Self {
        Self {
            stream,
            peer,
            held: Vec::new(),
            given: 0,
            read: 0,
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Bounded<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.given == this.held.len() {
            if this.read >= READ_BYTES_MAX {
                let why = format!("the server said more than {READ_BYTES_MAX} bytes");
                return Poll::Ready(Err(io::Error::new(io::ErrorKind::InvalidData, why)));
            }
            let mut chunk = [0; CHUNK_BYTES];
            let mut chunk = ReadBuf::new(&mut chunk);
            ready!(Pin::new(&mut this.stream).poll_read(context, &mut chunk))?;
            this.read += chunk.filled().len();
            this.held.clear();
            this.held.extend_from_slice(chunk.filled());
            this.given = 0;
        }
        let held = &this.held[this.given..];
        let line = held
            .iter()
            .position(|byte| *byte == b'\n')
            .map_or(held.len(), |end| end + 1);
        let now = line.min(into.remaining());
        into.put_slice(&held[..now]);
        this.given += now;
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Bounded<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(context, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }
}

impl<S: AsyncRead + AsyncWrite + Send + Sync + Unpin + std::fmt::Debug> AsyncTokioStream
    for Bounded<S>
{
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.peer)
    }
}
