//! A file's rows as they are kept: lines of JSON in chunks.

use domain::asset_type::AssetType;
use zeroize::Zeroizing;

use super::{settings::Understood, work::WorkError};
use crate::imports::{Companies, FileError, Mapping, Options, Plan, Record, Sheet};

/// Bytes of a chunk, its last row aside: what is held in memory at a time while a job runs.
const CHUNK_BYTES: usize = 256 << 10;

/// A file that can be imported.
pub(super) struct Content {
    pub(super) names: Vec<String>,
    pub(super) rows: i32,
    pub(super) chunks: Vec<Vec<u8>>,
    pub(super) has_secrets: bool,
    pub(super) understood: Understood,
}

/// Reads a file to its end. What no column means anything by is not kept.
pub(super) fn read(
    file: bytes::Bytes,
    asset_type: &AssetType,
    companies: &Companies,
    mapping: &Mapping,
    options: Options,
    dry_run: bool,
) -> Result<Content, FileError> {
    let mut sheet = Sheet::of(file)?;
    let plan = Plan::new(&sheet.names, mapping, asset_type, companies, options)?;
    let columns = plan.columns();
    let (mut rows, mut chunks, mut open) = (0, Vec::new(), Vec::new());
    for record in &mut sheet {
        let mut record = record?;
        columns.strip(&mut record);
        rows += 1;
        // Texts, numbers and lists always serialize.
        let _ = serde_json::to_writer(&mut open, &record);
        open.push(b'\n');
        if open.len() >= CHUNK_BYTES {
            chunks.push(std::mem::take(&mut open));
        }
    }
    if !open.is_empty() {
        chunks.push(open);
    }
    Ok(Content {
        rows,
        chunks,
        has_secrets: columns.has_secrets(),
        understood: Understood {
            dry_run,
            asset_type_id: asset_type.id.0,
            preset: columns.preset.map(str::to_owned),
            mapping: columns.mapping(),
            ignored_columns: columns.ignored(),
            identity: plan.identity().to_vec(),
            warnings: plan.warnings(),
        },
        names: sheet.names,
    })
}

/// The rows of a chunk.
pub(super) fn records(chunk: Vec<u8>) -> Result<Vec<Record>, WorkError> {
    let chunk = Zeroizing::new(chunk);
    chunk
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_slice(line).map_err(WorkError::Record))
        .collect()
}
