//! What the terminal is capable of, and messages on standard error.

use std::io::{self, Write};

use anstream::{AutoStream, ColorChoice};
use anstyle::AnsiColor;
use supports_hyperlinks::Stream as LinkStream;
use supports_unicode::Stream as UnicodeStream;

use crate::report::Style;

use super::Color;

/// Makes a choice of colours that holds for standard output and standard error.
pub(super) fn set_color(color: Color) {
    match color {
        Color::Auto => ColorChoice::Auto,
        Color::Always => ColorChoice::Always,
        Color::Never => ColorChoice::Never,
    }
    .write_global();
}

/// What standard output is capable of.
pub(super) fn stdout_style() -> Style {
    let color = AutoStream::choice(&io::stdout()) != ColorChoice::Never;
    Style {
        color,
        links: color && supports_hyperlinks::on(LinkStream::Stdout),
        unicode: supports_unicode::on(UnicodeStream::Stdout),
        width: terminal_size::terminal_size_of(io::stdout())
            .map_or(Style::PLAIN.width, |(width, _)| usize::from(width.0))
            .clamp(40, 120),
    }
}

/// Says what is wrong.
pub(super) fn error(text: &str) {
    say(AnsiColor::Red, "error", text);
}

/// Says something that is good to know.
pub(super) fn note(text: &str) {
    say(AnsiColor::Cyan, "note", text);
}

/// Says what to do.
pub(super) fn hint(text: &str) {
    say(AnsiColor::Green, "tip", text);
}

/// Where standard error is closed, nobody listens: failing to write is no failure.
fn say(color: AnsiColor, title: &str, text: &str) {
    let style = color.on_default().bold();
    let _ = writeln!(anstream::stderr().lock(), "{style}{title}:{style:#} {text}");
}
