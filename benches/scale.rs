//! The whole run on meshes of 1,000, 10,000 and 100,000 objects: time against one bare,
//! single-threaded pass of the YAML parser over the same bytes, peak memory against the size of
//! the input, and the time of each check per object from size to size.
//!
//! `cargo bench --bench scale`; `-- 100000 1000000` for other sizes, `-- DIR` for a folder of
//! one's own.

#![allow(
    missing_docs,
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::cast_precision_loss
)]

mod support;

use std::collections::BTreeMap;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use meshlint::yaml::Tree;

const CHILD: &str = "MESHLINT_BENCH_RUN";
const REPEAT: usize = 5;
/// Below this time per object, in nanoseconds, the clock is measured, and growth says nothing.
const NOISE: f64 = 1.0;

fn main() {
    if let Ok(folder) = std::env::var(CHILD) {
        run(Path::new(&folder));
        return;
    }
    let mut sizes = Vec::new();
    for argument in std::env::args().skip(1).filter(|a| !a.starts_with("--")) {
        match argument.parse() {
            Ok(size) => sizes.push(size),
            Err(_) => return measure(Path::new(&argument)),
        }
    }
    if sizes.is_empty() {
        sizes = vec![1_000, 10_000, 100_000];
    }
    let most = sizes.iter().copied().max().unwrap_or_default();
    let mut checks: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for size in sizes {
        let folder = std::env::temp_dir().join(format!("meshlint-bench-{size}"));
        support::write(&folder, shape(size)).unwrap();
        measure(&folder);
        for (name, time) in times_of_checks(&folder, most / size) {
            checks.entry(name).or_default().push(time);
        }
        std::fs::remove_dir_all(&folder).unwrap();
    }
    println!("\nnanoseconds per object of each check, by size; growth from size to size");
    for (name, times) in checks {
        let shown: Vec<String> = times.iter().map(|t| format!("{t:9.1}")).collect();
        let growth: Vec<String> = times
            .windows(2)
            .filter_map(|pair| match pair {
                [before, after] if *after > NOISE => Some(format!("{:8.2}", after / before)),
                _ => None,
            })
            .collect();
        println!("{name:44}{}{}", shown.join(""), growth.join(""));
    }
}

/// About `objects` objects.
fn shape(objects: usize) -> support::Shape {
    support::Shape {
        namespaces: (objects / 102).max(1),
        services: 14,
        fault_every: 100,
    }
}

/// The time of each check per object, in nanoseconds, over `copies` meshes of one size. All sizes
/// are measured over equally many objects in memory, and each check over all of them before the
/// next one: so the caches serve all sizes alike, and what grows is the work.
fn times_of_checks(folder: &Path, copies: usize) -> Vec<(&'static str, f64)> {
    let options = options(folder);
    let meshes: Vec<_> = (0..copies)
        .map(|_| meshlint::engine::load(&options).unwrap())
        .map(|input| meshlint::engine::mesh(&input, &options))
        .collect();
    let objects: usize = meshes.iter().map(|mesh| mesh.objects.headers.len()).sum();
    let once = |check: &meshlint::rules::Check| {
        let start = Instant::now();
        for mesh in &meshes {
            black_box(check.run(mesh));
        }
        start.elapsed().as_secs_f64() * 1e9 / objects as f64
    };
    let mut times: Vec<(&'static str, f64)> = Vec::new();
    // The first round builds the indices.
    for round in 0..REPEAT {
        for (position, check) in meshlint::rules::checks().enumerate() {
            let time = once(check);
            match times.get_mut(position) {
                Some((_, least)) if round > 1 => *least = time.min(*least),
                Some((_, first)) => *first = time,
                None => times.push((check.name, time)),
            }
        }
    }
    times
}

fn options(folder: &Path) -> meshlint::engine::Options {
    meshlint::engine::Options {
        paths: vec![folder.to_owned()],
        ..Default::default()
    }
}

/// Prints what a run over the folder takes.
fn measure(folder: &Path) {
    let texts: Vec<String> = files(folder)
        .iter()
        .map(|f| std::fs::read_to_string(f).unwrap())
        .collect();
    let bytes: usize = texts.iter().map(String::len).sum();
    let bare = (0..REPEAT)
        .map(|_| bare_pass(&texts))
        .fold(f64::INFINITY, f64::min);
    drop(texts);
    let mut best = f64::INFINITY;
    let mut peak = 0.0;
    let mut objects = 0.0;
    for _ in 0..REPEAT {
        let child = Command::new(std::env::current_exe().unwrap())
            .env(CHILD, folder)
            .output()
            .unwrap();
        let text = String::from_utf8(child.stdout).unwrap();
        let numbers: Vec<f64> = text.split(' ').map(|n| n.parse().unwrap()).collect();
        if let [seconds, memory, count] = *numbers
            && seconds < best
        {
            (best, peak, objects) = (seconds, memory, count);
        }
    }
    println!("{objects} objects, {:.1} MB", bytes as f64 / 1e6);
    println!(
        "  bare parser pass  {bare:8.3} s  ({:.0} MB/s)",
        bytes as f64 / 1e6 / bare
    );
    println!(
        "  whole run         {best:8.3} s  ({:.2} of the bare pass)",
        best / bare
    );
    println!(
        "  peak memory       {:8.1} MB ({:.2} of the input)",
        peak / 1e6,
        peak / bytes as f64
    );
}

/// Checks the folder and prints seconds, peak memory in bytes, and the number of objects.
fn run(folder: &Path) {
    let start = Instant::now();
    let report = meshlint::engine::check(&options(folder)).unwrap();
    let mut out = Vec::new();
    meshlint::report::json::write(&report, &mut out).unwrap();
    let seconds = start.elapsed().as_secs_f64();
    print!("{seconds} {} {}", peak_memory(), report.summary.objects);
}

/// The most memory that the process held, in bytes; 0 where the system does not tell.
fn peak_memory() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .unwrap_or("0");
    line.split_whitespace()
        .next()
        .and_then(|n| n.parse::<usize>().ok())
        .unwrap_or(0)
        * 1024
}

fn bare_pass(texts: &[String]) -> f64 {
    let start = Instant::now();
    let documents: usize = texts
        .iter()
        .map(|text| Tree::parse(text).documents().len())
        .sum();
    assert!(documents > 0);
    start.elapsed().as_secs_f64()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|e| e.unwrap().path())
        .collect();
    files.sort();
    files
}
