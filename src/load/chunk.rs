//! Large files are split at document boundaries, so that one file too is read on all cores.

/// The size from which on a file is split, and the least size of a part, in bytes.
const PART: usize = 512 * 1024;

/// A part of a file that holds whole documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chunk {
    /// Index of the file.
    pub file: u32,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Chunk {
    /// The text of the chunk.
    pub fn text(self, file: &str) -> &str {
        file.get(self.start as usize..self.end as usize)
            .unwrap_or_default()
    }
}

/// Whether a text has directives, which belong to the document after them, so that it cannot be
/// cut between documents.
fn has_directives(text: &str) -> bool {
    text.starts_with('%') || text.contains("\n%")
}

/// The part of a chunk's text that holds the document which begins at `start`, and where that
/// part begins.
pub(crate) fn document_at(text: &str, start: u32) -> (u32, &str) {
    let before = text.get(..start as usize).unwrap_or_default();
    if has_directives(text) {
        return (0, text);
    }
    // The indentation of the first line counts.
    let from = before.rfind('\n').map_or(0, |at| at + 1);
    let rest = text.get(from..).unwrap_or_default();
    let part = boundary(rest).and_then(|end| rest.get(..end));
    (
        u32::try_from(from).unwrap_or(u32::MAX),
        part.unwrap_or(rest),
    )
}

/// Splits a file into chunks. A line that begins with `---` always begins a document: inside a
/// block scalar it would end the document, inside quotes it is an error. A file with directives
/// is left whole, since those belong to the document after them.
pub fn split(file: u32, text: &str) -> Vec<Chunk> {
    let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
    if text.len() < 2 * PART || has_directives(text) {
        return vec![Chunk {
            file,
            start: 0,
            end: length,
        }];
    }
    let mut chunks = Vec::new();
    let mut start = 0;
    while let Some(found) = text.get(start + PART..).and_then(boundary) {
        let end = start + PART + found;
        chunks.push((start, end));
        start = end;
    }
    chunks.push((start, text.len()));
    chunks
        .into_iter()
        .map(|(start, end)| Chunk {
            file,
            start: u32::try_from(start).unwrap_or(u32::MAX),
            end: u32::try_from(end).unwrap_or(u32::MAX),
        })
        .collect()
}

/// The first place after `text`'s beginning where a line starts a document.
fn boundary(text: &str) -> Option<usize> {
    let mut from = 0;
    loop {
        let at = from + text.get(from..)?.find("\n---")? + 1;
        let after = text.get(at + 3..)?;
        if after.is_empty() || after.starts_with(['\n', '\r', ' ', '\t']) {
            return Some(at);
        }
        from = at;
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::indexing_slicing)]
    use super::*;

    #[test]
    fn parts_begin_with_a_document_and_cover_the_text() {
        let document = format!("---\na: |\n  {}\n  ---\n", "x".repeat(1000));
        let text = document.repeat(3000);
        let chunks = split(7, &text);
        assert!(chunks.len() > 3);
        let joined: String = chunks.iter().map(|c| c.text(&text)).collect();
        assert_eq!(joined, text);
        assert!(chunks.iter().all(|c| c.text(&text).starts_with("---\n")));
    }

    #[test]
    fn a_document_is_cut_out_with_its_indentation() {
        let text = "# first\n  a: 1\n  b: 2\n--- # second\nc: |\n  ---\n---\n";
        assert_eq!(document_at(text, 10), (8, "  a: 1\n  b: 2\n"));
        assert_eq!(document_at(text, 22), (22, "--- # second\nc: |\n  ---\n"));
        let directed = "%YAML 1.2\n---\na: 1\n---\nb: 2\n";
        assert_eq!(document_at(directed, 10), (0, directed));
    }

    #[test]
    fn small_files_and_files_with_directives_stay_whole() {
        assert_eq!(split(0, "a: 1\n---\nb: 2\n").len(), 1);
        assert_eq!(
            split(0, &format!("%YAML 1.2\n{}", "---\na: 1\n".repeat(200_000))).len(),
            1
        );
    }
}
