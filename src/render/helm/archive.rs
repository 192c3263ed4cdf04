//! Charts in `.tgz` archives.

use std::io::Read;
use std::sync::Arc;

use super::chart::{FILES, LARGEST, Raw, TOTAL};

/// How much larger than the archive its files may be together.
const RATIO: usize = 100;
/// What an archive may unpack to whatever its size, in bytes.
const ALWAYS: usize = 4 * 1024 * 1024;

/// The files of an archive, below its top folder.
pub(super) fn unpack(shown: &str, bytes: &[u8]) -> Result<Vec<Raw>, String> {
    let most = TOTAL.min(bytes.len().saturating_mul(RATIO).max(ALWAYS));
    let unzipped = flate2::read::GzDecoder::new(bytes).take(most as u64 + 1);
    let mut tar = tar::Archive::new(unzipped);
    let broken = |error: std::io::Error| format!("{shown} is no archive of a chart: {error}");
    let mut files = Vec::new();
    let mut total = 0_usize;
    for entry in tar.entries().map_err(broken)? {
        let entry = entry.map_err(broken)?;
        if !matches!(
            entry.header().entry_type(),
            tar::EntryType::Regular | tar::EntryType::Continuous
        ) {
            continue;
        }
        let path = String::from_utf8_lossy(&entry.path_bytes()).replace('\\', "/");
        let parts: Vec<&str> = path
            .split('/')
            .filter(|part| !part.is_empty() && *part != ".")
            .collect();
        if path.starts_with('/') || parts.contains(&"..") || path.get(1..3) == Some(":/") {
            return Err(format!(
                "{shown} holds {path:?}, which lies outside of the chart"
            ));
        }
        let Some((_, inner)) = parts.split_first() else {
            continue;
        };
        if inner.is_empty() {
            if parts.first() == Some(&"Chart.yaml") {
                return Err(format!("{shown} has no folder around Chart.yaml"));
            }
            continue;
        }
        let mut content = Vec::new();
        let read = entry.take(LARGEST as u64 + 1).read_to_end(&mut content);
        read.map_err(broken)?;
        total += content.len();
        if content.len() > LARGEST || total > most || files.len() >= FILES {
            return Err(format!("{shown} unpacks to too much"));
        }
        let path = inner.join("/");
        files.push(Raw {
            shown: format!("{shown}/{path}"),
            path,
            bytes: Arc::from(content),
            on_disk: false,
        });
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}
