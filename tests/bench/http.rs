//! A load generator that costs as little as it can, since it shares the machine with what it measures: one
//! connection a worker, requests made once, answers read to their end and looked at no further than the status.

use std::{net::SocketAddr, time::Instant};

use anyhow::{Context, Result, bail};
use hdrhistogram::Histogram;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// Answers larger than this are no answers of ours.
const ANSWER_BYTES_MAX: usize = 16 * 1024 * 1024;

/// One connection that stays open.
pub(crate) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// What one request was answered.
pub(crate) struct Answered {
    pub(crate) status: u16,
    /// The ledger's entry, of a write.
    pub(crate) entry: Option<i64>,
}

impl Connection {
    pub(crate) async fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address)
            .await
            .context("cannot connect")?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            buffer: Vec::with_capacity(64 * 1024),
        })
    }

    /// Sends a request and reads its answer.
    pub(crate) async fn send(&mut self, request: &[u8]) -> Result<Answered> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        let head_end = loop {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                bail!("the server hung up");
            }
            if let Some(at) = self
                .buffer
                .windows(4)
                .position(|window| window == b"\r\n\r\n")
            {
                break at + 4;
            }
        };
        let head = String::from_utf8_lossy(&self.buffer[..head_end]).to_ascii_lowercase();
        let status = head
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok())
            .context("no status")?;
        let header = |name: &str| {
            let line = head.lines().find(|line| line.starts_with(name))?;
            line[name.len()..].trim().parse::<i64>().ok()
        };
        let length = header("content-length:").context("no length")?;
        let end = head_end + usize::try_from(length)?;
        if end > ANSWER_BYTES_MAX {
            bail!("an answer of {length} bytes");
        }
        while self.buffer.len() < end {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                bail!("the server hung up");
            }
        }
        Ok(Answered {
            status,
            entry: header("seatledger-entry:"),
        })
    }
}

/// A request as it goes over the wire.
pub(crate) fn request(method: &str, path: &str, token: &str, headers: &str, body: &str) -> Vec<u8> {
    format!(
        "{method} {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\n{headers}\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// Latencies in microseconds, and how many requests they were over which time.
pub(crate) struct Measured {
    pub(crate) latency: Histogram<u64>,
    pub(crate) seconds: f64,
}

impl Measured {
    pub(crate) fn per_second(&self) -> f64 {
        self.latency.len() as f64 / self.seconds
    }

    /// A quantile in milliseconds.
    pub(crate) fn ms(&self, quantile: f64) -> f64 {
        self.latency.value_at_quantile(quantile) as f64 / 1_000.0
    }
}

/// Runs workers that each send requests of their own making, one after the other, until the time is up.
pub(crate) async fn load(
    address: SocketAddr,
    workers: usize,
    duration: std::time::Duration,
    pause: std::time::Duration,
    make: impl Fn(usize, u64) -> Vec<u8> + Send + Sync + 'static,
) -> Result<Measured> {
    let make = std::sync::Arc::new(make);
    let begun = Instant::now();
    let mut tasks = tokio::task::JoinSet::new();
    for worker in 0..workers {
        let make = make.clone();
        tasks.spawn(async move {
            let mut connection = Connection::open(address).await?;
            let mut latency = Histogram::<u64>::new(3)?;
            for count in 0.. {
                if begun.elapsed() >= duration {
                    break;
                }
                let request = make(worker, count);
                let sent = Instant::now();
                let answered = connection.send(&request).await?;
                if !(200..300).contains(&answered.status) {
                    bail!("a request was answered {}", answered.status);
                }
                latency.record(u64::try_from(sent.elapsed().as_micros())?)?;
                if !pause.is_zero() {
                    tokio::time::sleep(pause).await;
                }
            }
            Ok(latency)
        });
    }
    let mut latency = Histogram::<u64>::new(3)?;
    while let Some(done) = tasks.join_next().await {
        latency.add(done??)?;
    }
    Ok(Measured {
        latency,
        seconds: begun.elapsed().as_secs_f64(),
    })
}
