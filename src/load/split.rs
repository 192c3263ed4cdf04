//! Large files are split at document boundaries, so that one file too is read on all cores.

use crate::yaml::next_marker;

/// The size from which on a file is split, and the least size of a part, in bytes.
const PART: usize = 512 * 1024;

/// A range of whole documents of a text, and where it begins.
pub(super) type Chunk<'t> = (u32, &'t str);

/// Whether a text is JSON before it is YAML, so that it cannot be cut at lines.
pub(super) fn may_be_json(text: &str) -> bool {
    text.trim_start().starts_with('{')
}

/// The part of a text that is no JSON which holds the document that begins at `start`: from the
/// marker before it, or from the beginning of the text, where the indentation of its first line
/// counts.
pub(super) fn document_at(text: &str, start: u32) -> Chunk<'_> {
    let rest = text.get(start as usize..).unwrap_or_default();
    let (from, rest) = if rest.starts_with("---") {
        (start, rest)
    } else {
        (0, text)
    };
    let part = boundary(rest, 1).and_then(|end| rest.get(..end));
    (from, part.unwrap_or(rest))
}

/// Splits a text that is no JSON into chunks at lines that begin with `---`, which begin a document
/// wherever they stand.
pub(super) fn split(text: &str) -> Vec<Chunk<'_>> {
    let mut chunks = Vec::new();
    let (mut start, mut rest) = (0, text);
    while rest.len() >= 2 * PART
        && let Some(end) = boundary(rest, PART)
        && let Some((chunk, after)) = rest.split_at_checked(end)
    {
        chunks.push((offset(start), chunk));
        start += chunk.len();
        rest = after;
    }
    chunks.push((offset(start), rest));
    chunks
}

fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// Where a line that begins with `---` begins, behind the first line break at or after `from`.
fn boundary(text: &str, from: usize) -> Option<usize> {
    let rest = text.as_bytes().get(from.saturating_sub(1)..)?;
    let line_break = rest.iter().position(|byte| *byte == b'\n')?;
    next_marker(text, from.saturating_sub(1) + line_break + 1)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::indexing_slicing, clippy::string_slice)]
    use super::*;

    #[test]
    fn parts_begin_with_a_document_and_cover_the_text() {
        let document = format!("---\na: |\n  {}\n  ---\n", "x".repeat(1000));
        let text = document.repeat(3000);
        let chunks = split(&text);
        assert!(chunks.len() > 3);
        let joined: String = chunks.iter().map(|(_, chunk)| *chunk).collect();
        assert_eq!(joined, text);
        for (start, chunk) in chunks {
            assert!(chunk.starts_with("---\n"));
            assert!(text[start as usize..].starts_with(chunk));
        }
    }

    #[test]
    fn a_document_is_cut_out_with_its_marker_or_its_indentation() {
        let text = "# first\n  a: 1\n  b: 2\n--- # second\nc: |\n  ---\n---\n";
        assert_eq!(document_at(text, 10), (0, "# first\n  a: 1\n  b: 2\n"));
        assert_eq!(document_at(text, 22), (22, "--- # second\nc: |\n  ---\n"));
    }

    #[test]
    fn small_texts_stay_whole() {
        assert_eq!(split("a: 1\n---\nb: 2\n").len(), 1);
    }
}
