//! Folded block scalars: kustomize prints them and reads them again, and its printer gets some
//! line ends wrong.

use ecow::EcoString;

/// The text of a folded scalar after it was printed and read again.
pub(super) fn refold(text: &str) -> EcoString {
    fold(&emit(text), text)
}

/// The lines that go-yaml 3 prints. A line end must be doubled to survive folding, unless the line
/// after it begins with a blank; the printer looks at the first line instead.
fn emit(text: &str) -> String {
    let doubles = !text
        .trim_start_matches('\n')
        .starts_with(['\0', ' ', '\t', '\r', '\u{85}', '\u{2028}', '\u{2029}'])
        && !text.trim_start_matches('\n').is_empty();
    let mut out = String::with_capacity(text.len() + 16);
    let (mut after_break, mut leading_blank) = (true, true);
    for c in text.chars() {
        if c == '\n' {
            if !after_break && !leading_blank && doubles {
                out.push('\n');
            }
            out.push('\n');
            after_break = true;
            continue;
        }
        if after_break {
            leading_blank = matches!(c, ' ' | '\t');
        }
        out.push(c);
        after_break = false;
    }
    out
}

/// The text that the lines are read as, with as many line ends at its end as `text` asks for.
fn fold(lines: &str, text: &str) -> EcoString {
    let mut out = EcoString::new();
    let (mut line_break, mut empty_lines) = ("", 0_usize);
    let mut leading_blank = false;
    for line in lines.split_inclusive('\n') {
        let content = line.strip_suffix('\n').unwrap_or(line);
        if content.is_empty() {
            empty_lines += 1;
            continue;
        }
        let blank = content.starts_with([' ', '\t']);
        if !leading_blank && !blank && line_break == "\n" {
            if empty_lines == 0 {
                out.push(' ');
            }
        } else {
            out.push_str(line_break);
        }
        for _ in 0..empty_lines {
            out.push('\n');
        }
        out.push_str(content);
        empty_lines = 0;
        leading_blank = blank;
        line_break = if line.ends_with('\n') { "\n" } else { "" };
    }
    if text.ends_with('\n') {
        out.push_str(line_break);
    }
    if text.ends_with("\n\n") {
        for _ in 0..empty_lines {
            out.push('\n');
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_begin_with_a_blank_get_a_line_end_too_many() {
        for (text, again) in [
            ("a b\n", "a b\n"),
            ("a\nb\n", "a\nb\n"),
            ("a\n\nb", "a\n\nb"),
            ("a\n  b\nc\n", "a\n\n  b\nc\n"),
            ("  a\nb\nc\n", "  a\nb c\n"),
            ("a\n\n", "a\n\n\n"),
        ] {
            assert_eq!(refold(text), again, "{text:?}");
        }
    }
}
