//! Large files are split at document boundaries, so that one file too is read on all cores.

/// The size from which on a file is split, and the least size of a part, in bytes.
const PART: usize = 512 * 1024;

/// A range of whole documents of a text, and where it begins.
pub(super) type Chunk<'t> = (u32, &'t str);

/// Whether a text has directives, which belong to the document after them, so that it cannot be
/// cut between documents.
pub(super) fn has_directives(text: &str) -> bool {
    text.starts_with('%') || text.contains("\n%")
}

/// The part of a text without directives that holds the document which begins at `start`.
pub(super) fn document_at(text: &str, start: u32) -> Chunk<'_> {
    let before = text.get(..start as usize).unwrap_or_default();
    // The indentation of the first line counts.
    let from = before.rfind('\n').map_or(0, |at| at + 1);
    let rest = text.get(from..).unwrap_or_default();
    let part = boundary(rest).and_then(|end| rest.get(..end));
    (offset(from), part.unwrap_or(rest))
}

/// Splits a text without directives into chunks. A line that begins with `---` always begins a
/// document: inside a block scalar it would end the document, inside quotes it is an error.
pub(super) fn split(text: &str) -> Vec<Chunk<'_>> {
    let mut chunks = Vec::new();
    let (mut start, mut rest) = (0, text);
    while rest.len() >= 2 * PART
        && let Some(found) = rest.get(PART..).and_then(boundary)
        && let Some((chunk, after)) = rest.split_at_checked(PART + found)
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
    fn a_document_is_cut_out_with_its_indentation() {
        let text = "# first\n  a: 1\n  b: 2\n--- # second\nc: |\n  ---\n---\n";
        assert_eq!(document_at(text, 10), (8, "  a: 1\n  b: 2\n"));
        assert_eq!(document_at(text, 22), (22, "--- # second\nc: |\n  ---\n"));
    }

    #[test]
    fn small_texts_stay_whole() {
        assert_eq!(split("a: 1\n---\nb: 2\n").len(), 1);
    }
}
