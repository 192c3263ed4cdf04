//! `--baseline` and `--write-baseline`.

use std::path::Path;

use super::{CLEAN, Failure, UNUSABLE, outputs, terminal};
use crate::diagnostics::{Baseline, Code, Report};
use crate::input::reason;
use crate::report::summary::count;

/// Reads a baseline.
pub(super) fn read(path: &Path) -> Result<Baseline, Failure> {
    let shown = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|error| {
        Failure::Usage(format!(
            "cannot read the baseline {shown}: {}",
            reason(&error)
        ))
    })?;
    Baseline::parse(&shown, &text).map_err(Failure::Usage)
}

/// Writes what was found to a baseline.
pub(super) fn write(report: &Report, path: &Path, quiet: bool) -> Result<u8, Failure> {
    for file in &report.unreadable {
        terminal::error(&file.message);
    }
    if !report.unreadable.is_empty() {
        return Ok(UNUSABLE);
    }
    let before = if path.exists() {
        read(path)?
    } else {
        Baseline::default()
    };
    let findings = report.findings.iter();
    let baseline = Baseline::of(
        findings.filter(|finding| finding.rule.code != Code::MESH0303.as_str()),
        &before,
    );
    outputs::replace(path, |out| baseline.write(out)).map_err(|error| Failure::Output {
        to: path.display().to_string(),
        error,
    })?;
    if !quiet {
        let entries = match baseline.entries.len() {
            1 => "1 entry".to_owned(),
            n => format!("{n} entries"),
        };
        let findings = count(report.findings.len(), "finding");
        let path = path.display();
        terminal::note(&format!("wrote {entries} for {findings} to {path}"));
    }
    Ok(CLEAN)
}
