//! `meshlint explain`.

use std::io::{self, IsTerminal as _, Write};

use crate::diagnostics::{Code, Explanation, explanations, near_symptoms};
use crate::report::{page, symptoms};

use super::{CLEAN, Failure, codes, terminal};

/// Explain codes and symptoms
///
/// For a code it prints the page of the rule book: what the rule checks, why it matters, a bad and
/// a good example, and how to mend what it finds. In a pipe it is Markdown. For anything else, such
/// as "503 UC" or "RBAC: access denied", it lists the rules that explain that symptom.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Codes, names or prefixes such as KIA02; or a symptom, with or without quotes
    #[arg(value_name = "TEXT", required = true)]
    words: Vec<String>,
}

/// Prints the pages, then the rules that explain the symptom.
pub(super) fn run(args: &Args) -> Result<u8, Failure> {
    let mut pages = Vec::new();
    let mut symptom = Vec::new();
    for word in &args.words {
        match codes::named(word)? {
            found if found.is_empty() => symptom.push(word.trim()),
            found => pages.extend(found),
        }
    }
    let explained = look_up(&symptom.join(" "))?;
    print(&pages, &explained).map_err(Failure::output)?;
    Ok(CLEAN)
}

/// The rules that explain a symptom, none where there is no symptom to explain.
fn look_up(symptom: &str) -> Result<Vec<Explanation>, Failure> {
    if symptom.is_empty() {
        return Ok(Vec::new());
    }
    let found = explanations(symptom);
    if !found.is_empty() {
        return Ok(found);
    }
    let near = near_symptoms(symptom);
    if near.is_empty() {
        return Err(codes::unknown(symptom));
    }
    Err(Failure::Usage(format!(
        "no rule is called {symptom:?} or has it as a symptom; near symptoms: {}",
        near.join(", ")
    )))
}

fn print(pages: &[Code], explained: &[Explanation]) -> io::Result<()> {
    let style = terminal::stdout_style();
    let dressed = style.color || io::stdout().is_terminal();
    let mut out = io::stdout().lock();
    let mut first = true;
    for code in pages {
        if !std::mem::take(&mut first) {
            writeln!(out)?;
        }
        if dressed {
            page::write(code.rule(), &mut out, style)?;
        } else {
            page::write_markdown(code.rule(), &mut out)?;
        }
    }
    if !first && !explained.is_empty() {
        writeln!(out)?;
    }
    symptoms::write(explained, &mut out, style)?;
    out.flush()
}
