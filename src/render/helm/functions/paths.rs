//! Functions on paths, which have slashes wherever the chart is rendered.

use super::super::fault::Res;
use super::super::value::Val;
use super::{Function, new, text};

pub(super) static TABLE: [Function; 10] = [
    new("base", "s", |_, args| apply(args, base)),
    new("osBase", "s", |_, args| apply(args, base)),
    new("dir", "s", |_, args| apply(args, dir)),
    new("osDir", "s", |_, args| apply(args, dir)),
    new("clean", "s", |_, args| apply(args, clean)),
    new("osClean", "s", |_, args| apply(args, clean)),
    new("ext", "s", |_, args| apply(args, ext)),
    new("osExt", "s", |_, args| apply(args, ext)),
    new("isAbs", "s", |_, args| {
        Ok(text(args, 0).bytes().starts_with(b"/").into())
    }),
    new("osIsAbs", "s", |_, args| {
        Ok(text(args, 0).bytes().starts_with(b"/").into())
    }),
];

fn apply(args: &[Val], change: fn(&str) -> String) -> Res<Val> {
    Ok(change(&text(args, 0).lossy()).into())
}

pub(super) fn base(path: &str) -> String {
    if path.is_empty() {
        return ".".to_owned();
    }
    let trimmed = path.trim_end_matches('/');
    if trimmed.is_empty() {
        return "/".to_owned();
    }
    let name = trimmed.rsplit_once('/').map_or(trimmed, |(_, name)| name);
    name.to_owned()
}

fn dir(path: &str) -> String {
    clean(path.rsplit_once('/').map_or(
        "",
        |(folder, _)| {
            if folder.is_empty() { "/" } else { folder }
        },
    ))
}

pub(super) fn clean(path: &str) -> String {
    let rooted = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            ".." if rooted => {}
            part => parts.push(part),
        }
    }
    match (rooted, parts.is_empty()) {
        (true, _) => format!("/{}", parts.join("/")),
        (false, true) => ".".to_owned(),
        (false, false) => parts.join("/"),
    }
}

fn ext(path: &str) -> String {
    let name = path.rsplit_once('/').map_or(path, |(_, name)| name);
    name.rfind('.')
        .and_then(|at| name.get(at..))
        .unwrap_or_default()
        .to_owned()
}
