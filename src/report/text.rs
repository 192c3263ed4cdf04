//! Text from manifests on its way to a terminal or a line-based format.

use std::borrow::Cow;

/// Characters that move the cursor, start escape sequences, break lines, reorder the text around
/// them, or cannot be seen.
pub(super) fn is_hostile(c: char) -> bool {
    (c.is_control() && c != '\n' && c != '\t')
        || matches!(
            c,
            '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{2069}'
                | '\u{feff}'
        )
}

/// The name of a file on one line.
pub(super) fn file_name(path: &str) -> Cow<'_, str> {
    let is_hostile =
        |c: char| is_hostile(c) || c.is_control() || crate::input::raw_byte(c).is_some();
    if path.contains(is_hostile) {
        Cow::Owned(path.replace(is_hostile, "\u{fffd}"))
    } else {
        Cow::Borrowed(path)
    }
}

/// `text` with characters that could drive a terminal replaced by `�`.
pub(super) fn printable(text: &str) -> Cow<'_, str> {
    if text.contains(is_hostile) {
        Cow::Owned(text.replace(is_hostile, "\u{fffd}"))
    } else {
        Cow::Borrowed(text)
    }
}

/// As [`printable`], keeping the number of bytes so that spans stay true.
pub(super) fn printable_in_place(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match (is_hostile(c), c.len_utf8()) {
            (false, _) => out.push(c),
            (true, 3) => out.push('\u{fffd}'),
            (true, bytes) => out.extend(std::iter::repeat_n('?', bytes)),
        }
    }
    out
}

/// `text` on one line.
pub(super) fn one_line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in printable(text).split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}

/// The greatest character boundary at or below `offset`.
pub(super) fn floor_boundary(text: &str, offset: usize) -> usize {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

/// The text between two byte offsets, moved to character boundaries.
pub(super) fn cut(text: &str, start: usize, end: usize) -> &str {
    text.get(floor_boundary(text, start)..floor_boundary(text, end))
        .unwrap_or_default()
}

/// At most `limit` bytes of `text`, with an ellipsis where it was cut.
pub(super) fn truncated(text: &str, limit: usize) -> Cow<'_, str> {
    if text.len() <= limit {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(format!("{}…", cut(text, 0, limit.saturating_sub(3))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_sequences_never_reach_the_terminal() {
        assert_eq!(printable("a\u{1b}[31mb"), "a\u{fffd}[31mb");
        for hostile in [
            "a\u{1b}b",
            "a\u{9b}b",
            "a\u{202e}b",
            "a\u{200b}b",
            "a\u{2028}b",
        ] {
            assert_eq!(printable_in_place(hostile).len(), hostile.len());
            assert!(!printable_in_place(hostile).contains(is_hostile));
        }
    }

    #[test]
    fn file_names_stay_on_one_line_and_keep_their_spaces() {
        assert_eq!(file_name("my  shop.yaml"), "my  shop.yaml");
        assert_eq!(
            file_name("a\nb\u{200b}c\u{f7ff}"),
            "a\u{fffd}b\u{fffd}c\u{fffd}"
        );
    }

    #[test]
    fn truncation_keeps_characters_whole() {
        assert_eq!(truncated("ééééé", 8), "éé…");
        assert_eq!(truncated("short", 8), "short");
    }
}
