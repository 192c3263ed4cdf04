//! `meshlint check`.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::{ValueEnum, ValueHint};
use jiff::Timestamp;

use crate::config::{Given, Governed};
use crate::diagnostics::{Code, Diagnostic, Policy, Report, Rule, Severity};
use crate::engine::{self, Since};
use crate::input::STDIN;
use crate::mesh::istio_version::IstioVersion;
use crate::report::{
    Style, compact, github, gitlab, human, json, junit, markdown, rdjson, sarif, summary,
};

use super::baseline;
use super::outputs::{Format, Outputs, base};
use super::progress::Progress;
use super::settings::ConfigArgs;
use super::show;
use super::{CLEAN, FOUND, Failure, NOTHING, UNUSABLE, codes, terminal, values};

const EXAMPLES: &str = "\
Examples:
  meshlint check                              the current folder
  meshlint check apps/ mesh/                  several folders as one mesh
  kubectl get all,istio-io -A -o yaml | meshlint check -
  meshlint check apps/ --with platform/       know platform/, report on apps/
  meshlint check --select KIA02,MESH          only these families of codes
  meshlint check --format sarif -o mesh.sarif for GitHub code scanning
  meshlint check --output junit=mesh.xml      a report for machines beside it
  meshlint check --since origin/main          what this branch brings

Exit status: 0 clean, 1 findings at or above --fail-on, 2 wrong usage or an
unreadable path, 3 nothing to check; the same for every format.";

/// Check manifests
///
/// All paths together are one mesh: a policy in one file is judged in the light of the services in
/// another. Files that are not manifests are told apart and counted.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// Files and folders to check, or - for standard input
    #[arg(value_name = "PATH", default_value = ".", value_hint = ValueHint::AnyPath)]
    paths: Vec<PathBuf>,

    /// Files and folders to know but not report on (may be repeated)
    #[arg(long, value_name = "PATH", value_hint = ValueHint::AnyPath)]
    #[arg(help_heading = "Input")]
    with: Vec<PathBuf>,

    /// Leave out paths that match a glob (may be repeated)
    #[arg(long, value_name = "GLOB", value_parser = values::glob)]
    #[arg(help_heading = "Input")]
    exclude: Vec<String>,

    /// Namespace of objects that name none [default: default]
    #[arg(long, short, value_name = "NAME", value_parser = values::namespace)]
    #[arg(help_heading = "Input")]
    namespace: Option<String>,

    /// Read the mesh config from a file
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    #[arg(help_heading = "Input")]
    mesh_config: Option<PathBuf>,

    /// Only this world of the repository: a name that `meshlint worlds` lists, or a glob (may be
    /// repeated)
    #[arg(
        long,
        value_name = "NAME",
        help_heading = "Input",
        conflicts_with = "no_render"
    )]
    world: Vec<String>,

    #[command(flatten)]
    config: ConfigArgs,

    /// Take each file as it stands: render nothing, and take all files as one world
    #[arg(long, help_heading = "Input")]
    no_render: bool,

    /// What isn't in the input doesn't exist
    ///
    /// Without it a reference into a place that the input doesn't show, such as a namespace without
    /// any Services, is an info rather than an error.
    #[arg(long, help_heading = "Rules")]
    closed_world: bool,

    /// Report exactly what Kiali and istioctl report
    #[arg(long, help_heading = "Rules")]
    upstream: bool,

    /// Which opinions to hold beside plain mistakes [default: default]
    #[arg(long, value_name = "NAME", help_heading = "Rules")]
    profile: Option<Profile>,

    /// Only these rules: codes, names or prefixes such as KIA02, or ALL
    #[arg(
        long,
        value_name = "CODE",
        value_delimiter = ',',
        help_heading = "Rules"
    )]
    select: Vec<String>,

    /// All but these rules: codes, names or prefixes
    #[arg(
        long,
        value_name = "CODE",
        value_delimiter = ',',
        help_heading = "Rules"
    )]
    ignore: Vec<String>,

    /// All but a rule at objects of a name, such as "KIA1101=VirtualService default/*"
    ///
    /// The object is named as reports name it, kind and namespace/name, or as kind and
    /// name.namespace; a star stands for any text. May be repeated.
    #[arg(long, value_name = "CODE=OBJECT", help_heading = "Rules")]
    suppress: Vec<String>,

    /// Show what comments, annotations, --suppress and the baseline hide
    #[arg(long, help_heading = "Rules")]
    no_ignores: bool,

    /// Leave out findings that a baseline knows
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    #[arg(help_heading = "Rules")]
    baseline: Option<PathBuf>,

    /// Write what is found to a baseline in place of reporting it
    ///
    /// Entries that the file has already keep their reasons.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    #[arg(help_heading = "Rules", conflicts_with = "baseline")]
    write_baseline: Option<PathBuf>,

    /// Version of Istio that the manifests are for, 1.20 to 1.31 [default: 1.31]
    #[arg(long, value_name = "X.Y", help_heading = "Rules")]
    istio_version: Option<IstioVersion>,

    /// Judge certificates as of a time, such as 2026-01-31T12:00:00Z [default: now]
    #[arg(long, value_name = "TIME", help_heading = "Rules")]
    now: Option<Timestamp>,

    /// Least severity that makes the exit status 1 [default: error]
    #[arg(long, value_name = "SEVERITY", help_heading = "Rules")]
    fail_on: Option<FailOn>,

    /// Report what is new since a revision of git alone
    ///
    /// Compared are the files as they are, untracked ones too, with the last commit that the
    /// revision and HEAD have in common. Reported is what stands in, or speaks of, a document that
    /// differs, and what the change broke elsewhere.
    #[arg(long, value_name = "REV", help_heading = "Rules")]
    since: Option<String>,

    /// Compare with the revision of --since itself
    #[arg(long, requires = "since", help_heading = "Rules")]
    exact: bool,

    /// Exit with 0 where there are findings at or above --fail-on
    #[arg(long, help_heading = "Rules")]
    exit_zero: bool,

    /// Format of the report [default: human]
    #[arg(long, value_name = "FORMAT", help_heading = "Output")]
    format: Option<Format>,

    /// Write the report to a file, or a further one in another format (may be repeated)
    ///
    /// A file alone takes the report of --format. With a format before it, as in sarif=mesh.sarif,
    /// it takes a report beside that; - is standard output. A file whose own name has such a form is
    /// written as ./a=b.
    #[arg(long, short, value_name = "[FORMAT=]FILE", value_hint = ValueHint::FilePath)]
    #[arg(help_heading = "Output")]
    output: Vec<PathBuf>,

    /// Write suppressed findings to SARIF too, marked as such
    #[arg(long, help_heading = "Output")]
    show_suppressed: bool,

    /// Count the findings of each code, in place of the findings
    #[arg(long, help_heading = "Output")]
    statistics: bool,

    /// Print what the run goes by, with where each setting came from, and check nothing
    #[arg(long, help_heading = "Output", conflicts_with = "show_files")]
    show_settings: bool,

    /// Print the files that would be read, and why others are not, and check nothing
    #[arg(long, help_heading = "Output")]
    show_files: bool,

    /// Show how long each check took
    #[arg(long, help_heading = "Output")]
    timings: bool,

    /// Show every info, and name each file and object that was not checked
    #[arg(long, short, help_heading = "Output", conflicts_with = "quiet")]
    verbose: bool,

    /// Print findings alone: no summary, no progress
    #[arg(long, short, help_heading = "Output")]
    quiet: bool,

    /// Threads to use, 256 at most; 0 for one per core [default: 0]
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    #[arg(help_heading = "Global options")]
    threads: usize,
}

/// What makes the exit status 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FailOn {
    /// Errors
    Error,
    /// Warnings and errors
    Warning,
    /// Any finding
    Info,
    /// Nothing
    Never,
}

/// Checks and reports.
pub(super) fn run(args: &Args) -> Result<u8, Failure> {
    let outputs = Outputs::new(args.format, &args.output)?;
    let mut options = args.options()?;
    let given = Given {
        select: !args.select.is_empty(),
        istio_version: args.istio_version.is_some(),
        profile: args.profile.is_some(),
    };
    let governed = args.config.apply(given, &mut options)?;
    if args.show_settings {
        return show::settings(&governed, &args.given());
    }
    if args.show_files {
        return show::files(&options);
    }
    let fail_on = args.fail_on(&governed);
    let progress = (!args.quiet).then(|| Progress::start("reading and checking"));
    let outcome = engine::check(&options);
    drop(progress);
    let report = outcome?;
    if let Some(path) = &args.write_baseline {
        return baseline::write(&report, path, args.quiet);
    }
    let status = args.status(&report, fail_on);

    let is_whole = outputs.write(|format, out, is_stdout| {
        let style = if is_stdout {
            terminal::stdout_style()
        } else {
            Style::PLAIN
        };
        args.write(&report, &options, format, fail_on, out, style)
    });
    outputs.write_step_summary(&report);
    args.write_beside(&report, &outputs, status);
    Ok(if is_whole { status } else { UNUSABLE })
}

/// Which opinions are held beside plain mistakes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Profile {
    /// None
    Default,
    /// All calls are encrypted and authorized
    ZeroTrust,
}

impl Args {
    fn options(&self) -> Result<engine::Options, Failure> {
        Ok(engine::Options {
            paths: self.paths.clone(),
            zero_trust: self.profile == Some(Profile::ZeroTrust),
            with: self.with.clone(),
            exclude: self.exclude.clone(),
            namespace: self.namespace.clone(),
            mesh_config: self.mesh_config.clone(),
            no_render: self.no_render,
            worlds: self.world.clone(),
            closed_world: self.closed_world,
            upstream: self.upstream,
            select: codes::resolve(&self.select)?,
            ignore: codes::resolve(&self.ignore)?,
            suppress: codes::suppressions(&self.suppress)?,
            policy: Policy {
                baseline: self.baseline.as_deref().map(baseline::read).transpose()?,
                no_ignores: self.no_ignores,
                ..Policy::default()
            },
            istio_version: self.istio_version.unwrap_or_default(),
            now: Some(self.now.unwrap_or_else(clock)),
            threads: self.threads,
            timings: self.timings,
            since: self.since.clone().map(|revision| Since {
                revision,
                exact: self.exact,
            }),
            ..engine::Options::default()
        })
    }

    /// Codes that the user asked for; all together are nothing that one asks for.
    fn named(&self) -> Vec<Code> {
        let words = self.select.iter();
        let named: Vec<_> = words
            .filter(|word| !word.trim().eq_ignore_ascii_case("all"))
            .cloned()
            .collect();
        codes::resolve(&named).unwrap_or_default()
    }

    /// The infos that are shown one by one.
    fn infos<'a>(&self, named: &'a [Code], fail_on: FailOn) -> human::Infos<'a> {
        if self.verbose || fail_on == FailOn::Info {
            human::Infos::All
        } else {
            human::Infos::Of(named)
        }
    }

    /// What makes the run fail: what the command line says, else the configuration.
    fn fail_on(&self, governed: &Governed) -> FailOn {
        let configured = || FailOn::from_str(governed.fail_on()?, true).ok();
        self.fail_on.or_else(configured).unwrap_or(FailOn::Error)
    }

    /// Settings that the command line gives, as keys of the configuration.
    fn given(&self) -> Vec<(&'static str, String)> {
        let text = |text: &str| serde_json::Value::from(text).to_string();
        let path = |path: &PathBuf| text(&path.to_string_lossy());
        let mut given = Vec::new();
        given.extend(
            self.namespace
                .as_deref()
                .map(|own| ("namespace", text(own))),
        );
        given.extend(
            self.mesh_config
                .as_ref()
                .map(|own| ("mesh-config", path(own))),
        );
        let version = self.istio_version.map(|own| text(&own.to_string()));
        given.extend(version.map(|own| ("istio-version", own)));
        let fail_on = self.fail_on.and_then(|own| own.to_possible_value());
        given.extend(fail_on.map(|own| ("fail-on", own.get_name().to_owned())));
        let profile = self.profile.and_then(|own| own.to_possible_value());
        given.extend(profile.map(|own| ("profile", own.get_name().to_owned())));
        if self.closed_world {
            given.push(("closed-world", "true".to_owned()));
        }
        given.extend(self.baseline.as_ref().map(|own| ("baseline", path(own))));
        given
    }

    fn status(&self, report: &Report, fail_on: FailOn) -> u8 {
        let summary = &report.summary;
        let least = match fail_on {
            FailOn::Error => Some(Severity::Error),
            FailOn::Warning => Some(Severity::Warning),
            FailOn::Info => Some(Severity::Info),
            FailOn::Never => None,
        };
        // What the baseline has too much of fails no run.
        let fails = |finding: &Diagnostic| {
            least.is_some_and(|least| finding.severity >= least)
                && finding.rule.code != Code::MESH0303.as_str()
        };
        if !report.unreadable.is_empty() {
            UNUSABLE
        } else if !self.exit_zero && report.findings.iter().any(fails) {
            FOUND
        } else if summary.objects == 0 && report.findings.is_empty() {
            NOTHING
        } else {
            CLEAN
        }
    }

    fn write(
        &self,
        report: &Report,
        options: &engine::Options,
        format: Format,
        fail_on: FailOn,
        out: &mut dyn Write,
        style: Style,
    ) -> io::Result<()> {
        match format {
            Format::Human => {
                let named = self.named();
                let options = human::Options {
                    style,
                    statistics: self.statistics,
                    summary: !self.quiet,
                    verbose: self.verbose,
                    infos: self.infos(&named, fail_on),
                };
                human::write(report, out, &options)
            }
            Format::Compact => compact::write(report, out),
            Format::Json => json::write(report, out),
            Format::Sarif => {
                let options = sarif::Options {
                    rules: active_rules(options),
                    base: base("GITHUB_WORKSPACE"),
                    max_results: sarif::MAX_RESULTS,
                    suppressed: self.show_suppressed,
                };
                sarif::write(report, out, &options)
            }
            Format::Github => github::write(report, out, &base("GITHUB_WORKSPACE")),
            Format::Gitlab => gitlab::write(report, out, &base("CI_PROJECT_DIR")),
            Format::Junit => junit::write(report, out, &base("CI_PROJECT_DIR")),
            Format::Markdown => markdown::write(report, out),
            Format::Rdjson => rdjson::write(report, out, &base("GITHUB_WORKSPACE")),
        }
    }

    /// What is not the report: on standard error, and of no consequence if that is closed.
    fn write_beside(&self, report: &Report, outputs: &Outputs, status: u8) {
        let mut err = io::stderr().lock();
        if self.statistics && outputs.on_stdout() != Some(Format::Human) {
            let _ = summary::write_statistics(report, &mut err);
        }
        if self.timings {
            let _ = summary::write_timings(report, &mut err);
        }
        drop(err);
        for file in &report.unreadable {
            terminal::error(&file.message);
        }
        for suppression in report.unused_suppressions.iter().filter(|_| !self.quiet) {
            terminal::note(&format!("--suppress '{suppression}' fits no finding"));
        }
        if status == NOTHING {
            terminal::error(&self.nothing_to_check(report));
        } else if outputs.on_stdout().is_none() && !self.quiet {
            terminal::note(&summary::line(&report.summary));
        }
    }

    fn nothing_to_check(&self, report: &Report) -> String {
        let shown = |path: &PathBuf| match path.to_str() {
            Some("-") => STDIN.to_owned(),
            _ => path.display().to_string(),
        };
        let paths: Vec<_> = self.paths.iter().map(shown).collect();
        let paths = paths.join(" ");
        let skipped = summary::not_checked(&report.summary);
        let skipped = skipped.map(|skipped| format!(" (left out: {skipped})"));
        format!(
            "nothing to check: no Kubernetes object in {paths}{}",
            skipped.unwrap_or_default()
        )
    }
}

/// The time. A run asks for it here alone.
#[expect(clippy::disallowed_methods, reason = "the one place that asks")]
fn clock() -> Timestamp {
    Timestamp::now()
}

/// The rules that these options leave on.
fn active_rules(options: &engine::Options) -> Vec<&'static Rule> {
    let filter = engine::filter_of(options);
    let wanted = Code::all().filter(|code| filter.wants(*code));
    wanted.map(Code::rule).collect()
}
