//! Loads rows into the tables of the next generation, one connection for each table.

use std::{collections::HashMap, pin::pin};

use bytes::{BufMut, Bytes, BytesMut};
use deadpool_postgres::Pool;
use futures_util::SinkExt;
use tokio::{sync::mpsc, task::JoinSet};

use super::generation;
use crate::{
    Model,
    error::{Doing, Error},
    model::Generation,
    rows::{Sink, Table},
};

/// Rows are sent in pieces of about this size.
const PIECE_BYTES: usize = 256 * 1024;
/// Pieces that may wait for a table's connection.
const PIECES_AHEAD: usize = 8;

/// The signature, no flags, no extension.
const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
/// In the place of a row's number of cells: no row follows.
const TRAILER: &[u8] = &(-1_i16).to_be_bytes();

/// One COPY a table.
pub(super) struct Loaders {
    senders: HashMap<(Model, &'static str), mpsc::Sender<Bytes>>,
    tasks: JoinSet<Result<(), Error>>,
}

/// The senders' part, for the thread that makes the rows.
pub(super) struct Pieces(HashMap<(Model, &'static str), mpsc::Sender<Bytes>>);

impl Loaders {
    pub(super) fn start(read: &Pool, models: &[Model]) -> (Self, Pieces) {
        let mut loaders = Self {
            senders: HashMap::new(),
            tasks: JoinSet::new(),
        };
        for &model in models {
            for table in model.tables() {
                let (sender, pieces) = mpsc::channel(PIECES_AHEAD);
                loaders.senders.insert((model, table.name), sender);
                loaders
                    .tasks
                    .spawn(load(read.clone(), model, table, pieces));
            }
        }
        let pieces = Pieces(std::mem::take(&mut loaders.senders));
        (loaders, pieces)
    }

    /// Waits until all rows are in their tables; who makes them must have dropped its [`Pieces`].
    pub(super) async fn finish(mut self) -> Result<(), Error> {
        while let Some(ended) = self.tasks.join_next().await {
            ended.unwrap_or(Err(Error::GivenUp {
                part: "loading a table",
            }))?;
        }
        Ok(())
    }
}

impl Pieces {
    /// Sends the rows of tables that have gathered enough, or all of them in the end. Waits while the tables
    /// can't keep up; for a thread that may block. Answers whether the loaders still take rows.
    pub(super) fn send(&self, model: Model, sink: &mut Sink, all: bool) -> bool {
        sink.take_if(|size| all || size >= PIECE_BYTES)
            .into_iter()
            .all(|pending| {
                let sender = self.0.get(&(model, pending.table.name));
                sender.is_some_and(|sender| sender.blocking_send(pending.into_copy()).is_ok())
            })
    }
}

async fn load(
    read: Pool,
    model: Model,
    table: &'static Table,
    mut pieces: mpsc::Receiver<Bytes>,
) -> Result<(), Error> {
    let Some(first) = pieces.recv().await else {
        return Ok(());
    };
    let client = generation::client(&read).await?;
    let sql = format!(
        "copy {} ({}) from stdin (format binary)",
        table.within(model, Generation::Next),
        table.column_list(),
    );
    let mut sink = pin!(client.copy_in(&sql).await.doing("begin loading rows")?);
    let mut head = BytesMut::with_capacity(HEADER.len() + first.len());
    head.put_slice(HEADER);
    head.put_slice(&first);
    sink.send(head.freeze()).await.doing("load rows")?;
    while let Some(piece) = pieces.recv().await {
        sink.send(piece).await.doing("load rows")?;
    }
    sink.send(Bytes::from_static(TRAILER))
        .await
        .doing("load rows")?;
    sink.finish().await.doing("end loading rows")?;
    Ok(())
}
