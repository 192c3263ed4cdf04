//! `meshlint can`.

use std::io::{self, BufWriter, Read, Write};
use std::path::PathBuf;

use clap::{ValueEnum, ValueHint};

use crate::answers::can::{Answer, Answers, From, Query, Suite, To, Verdict};
use crate::answers::edges::words;
use crate::diagnostics::FilePlaces;
use crate::engine;
use crate::engine::question::Asked;
use crate::model::{Map, ObjectId, Str};
use crate::report::can;

use super::asked::{self, Input};
use super::{CLEAN, FOUND, Failure, terminal};

const EXAMPLES: &str = "\
Examples:
  meshlint can bar/sleep foo/httpbin:8000                   a connection
  meshlint can bar/sleep foo/httpbin:8000 --path /admin     a request
  meshlint can '*' foo/httpbin:8000 mesh/                   who may
  meshlint can 203.0.113.9 foo/httpbin:80 --expect deny     exit 1 if allowed
  meshlint can --tests access.yaml mesh/                    unit tests of policies

FROM is namespace/workload, sa:namespace/name, an identity (with or without
spiffe://), an IP address, or * for each workload. TO is namespace/service:port.

Exit status: 0 answered, 1 --expect or a test does not hold, 2 wrong usage or a
question that cannot be answered, 3 nothing to look at.";

/// Say whether a call would be allowed, and by which policy
///
/// The TLS of the connection, then the policies of the server's proxy in the order in which it asks
/// them: CUSTOM, RequestAuthentication, AUDIT, DENY, ALLOW; and what would give the other answer.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES, override_usage = "meshlint can FROM TO [PATH]... [OPTIONS]
       meshlint can --query FILE [PATH]... [OPTIONS]
       meshlint can --tests FILE [PATH]... [OPTIONS]")]
pub(super) struct Args {
    /// Who calls, what is called, and where the manifests are [default: .]
    #[arg(value_name = "FROM TO PATH", value_hint = ValueHint::AnyPath)]
    words: Vec<String>,

    #[command(flatten)]
    input: Input,

    /// The method of the request [default: GET]
    #[arg(long, value_name = "METHOD", help_heading = "Request")]
    method: Option<String>,

    /// The path of the request; without it, a connection to a port that need not be HTTP
    #[arg(long, value_name = "PATH", help_heading = "Request")]
    path: Option<String>,

    /// The host of the request [default: service.namespace:port]
    #[arg(long, value_name = "HOST", help_heading = "Request")]
    host: Option<String>,

    /// A header of the request (may be repeated)
    #[arg(long, value_name = "NAME: VALUE", help_heading = "Request", value_parser = header)]
    header: Vec<(String, String)>,

    /// The issuer of the token
    #[arg(long, value_name = "ISSUER", help_heading = "Request")]
    jwt_issuer: Option<String>,

    /// The subject of the token
    #[arg(long, value_name = "SUBJECT", help_heading = "Request")]
    jwt_subject: Option<String>,

    /// A claim of the token; commas make a list (may be repeated)
    #[arg(long, value_name = "NAME=VALUE", help_heading = "Request", value_parser = claim)]
    jwt_claim: Vec<(String, serde_json::Value)>,

    /// The token fails verification
    #[arg(long, help_heading = "Request")]
    jwt_invalid: bool,

    /// The address of the TCP peer
    #[arg(long, value_name = "ADDRESS", help_heading = "Request")]
    ip: Option<String>,

    /// The address of the original client [default: that of the peer]
    #[arg(long, value_name = "ADDRESS", help_heading = "Request")]
    remote_ip: Option<String>,

    /// Read the question as JSON from a file, or - for standard input
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with = "tests")]
    query: Option<PathBuf>,

    /// Run the tests of a file: a list of name, from, to and verdict
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    tests: Option<PathBuf>,

    /// Exit with status 1 unless the answer is so
    #[arg(long, value_name = "ANSWER")]
    expect: Option<Expect>,

    /// Format of the answer
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Human,
    /// One JSON document
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Expect {
    /// The call is allowed
    Allow,
    /// The call is denied
    Deny,
}

impl Expect {
    fn is(self, answer: &Answer) -> bool {
        let wanted = match self {
            Self::Allow => Verdict::Allow,
            Self::Deny => Verdict::Deny,
        };
        answer.verdict == wanted
    }
}

fn header(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once(':').ok_or("expected NAME: VALUE")?;
    Ok((name.trim().to_owned(), value.trim().to_owned()))
}

fn claim(text: &str) -> Result<(String, serde_json::Value), String> {
    let (name, value) = text.split_once('=').ok_or("expected NAME=VALUE")?;
    let value = if value.contains(',') {
        value
            .split(',')
            .map(str::to_owned)
            .collect::<Vec<_>>()
            .into()
    } else {
        value.into()
    };
    Ok((name.to_owned(), value))
}

/// Answers.
pub(super) fn run(args: &Args) -> Result<u8, Failure> {
    engine::with_threads(0, || answer(args))?
}

fn usage(error: &impl ToString) -> Failure {
    Failure::Usage(error.to_string())
}

fn answer(args: &Args) -> Result<u8, Failure> {
    let positional = usize::from(args.query.is_none() && args.tests.is_none()) * 2;
    if args.words.len() < positional {
        return Err(Failure::Usage(
            "who calls what? meshlint can FROM TO [PATH]...".to_owned(),
        ));
    }
    let paths: Vec<PathBuf> = args
        .words
        .iter()
        .skip(positional)
        .map(PathBuf::from)
        .collect();
    let paths = if paths.is_empty() {
        vec![PathBuf::from(".")]
    } else {
        paths
    };
    // What proxies do is the same in both modes.
    let options = engine::Options {
        upstream: false,
        ..args.input.options(&paths)
    };
    let asked = match asked::mesh(&options)? {
        Ok(asked) => asked,
        Err(status) => return Ok(status),
    };
    if let Some(file) = &args.tests {
        return tests(file, &asked);
    }
    let answers = Answers::new(&asked.mesh);
    let mut out = BufWriter::new(io::stdout().lock());
    let name = |id: ObjectId| words::object(&asked.mesh, id);
    let style = terminal::stdout_style();
    let holds = if args.query.is_none() && args.words.first().is_some_and(|from| from == "*") {
        let query = question(args, From::default())?;
        let all = answers.everyone(&query).map_err(|error| usage(&error))?;
        match args.format {
            Format::Human => can::write_all_human(&all, &mut out, style),
            Format::Json => can::write_all_json(&all, &name, &mut out),
        }
        .map_err(Failure::output)?;
        args.expect
            .is_none_or(|expect| all.iter().all(|(_, answer)| expect.is(answer)))
    } else {
        let query = match &args.query {
            Some(file) => Query::from_json(&read(file)?).map_err(|error| usage(&error))?,
            None => {
                let from = args.words.first().map_or("", String::as_str);
                let from = From::parse(from, answers.trust_domain());
                question(args, from.map_err(|error| usage(&error))?)?
            }
        };
        let answer = answers.answer(&query).map_err(|error| usage(&error))?;
        let places = FilePlaces::find(answer.places(), &asked.mesh.objects, &asked.sources);
        match args.format {
            Format::Human => can::write_human(&query, &answer, &places, &mut out, style),
            Format::Json => can::write_json(&answer, &name, &places, &mut out),
        }
        .map_err(Failure::output)?;
        args.expect.is_none_or(|expect| expect.is(&answer))
    };
    out.flush().map_err(Failure::output)?;
    Ok(if holds { CLEAN } else { FOUND })
}

/// The question that the arguments ask.
fn question(args: &Args, from: From) -> Result<Query, Failure> {
    let to = args.words.get(1).map_or("", String::as_str);
    let headers = args.header.iter();
    let headers: Map<Str> = headers
        .map(|(name, value)| (name.as_str().into(), value.as_str().into()))
        .collect();
    let mut token = serde_json::Map::new();
    for (name, value) in [("iss", &args.jwt_issuer), ("sub", &args.jwt_subject)] {
        if let Some(value) = value {
            token.insert(name.to_owned(), value.as_str().into());
        }
    }
    token.extend(args.jwt_claim.iter().cloned());
    if args.jwt_invalid {
        token.insert("valid".to_owned(), false.into());
    }
    Ok(Query {
        from: From {
            ip: args.ip.clone().or(from.ip),
            remote_ip: args.remote_ip.clone(),
            headers: (!headers.is_empty()).then_some(headers),
            jwt: (!token.is_empty()).then_some(token),
            ..from
        },
        to: To {
            method: args.method.clone(),
            path: args.path.clone(),
            host: args.host.clone(),
            ..To::parse(to).map_err(|error| usage(&error))?
        },
    })
}

/// Runs tests and prints those that fail.
fn tests(file: &std::path::Path, asked: &Asked) -> Result<u8, Failure> {
    let suite = Suite::read(&read(file)?).map_err(|error| usage(&error))?;
    let failed = suite.run(&asked.mesh);
    let failed = failed.map_err(|error| Failure::Usage(format!("{}: {error}", file.display())))?;
    let mut out = BufWriter::new(io::stdout().lock());
    let mut write = || -> io::Result<()> {
        for test in &failed {
            writeln!(out, "failed   {}", test.name)?;
            writeln!(out, "         {}:{}", file.display(), test.line)?;
            writeln!(out, "         {}", test.because)?;
        }
        let passed = suite.len() - failed.len();
        writeln!(out, "{passed} passed, {} failed", failed.len())?;
        out.flush()
    };
    write().map_err(Failure::output)?;
    Ok(if failed.is_empty() { CLEAN } else { FOUND })
}

/// The text of a file, or of standard input.
fn read(file: &std::path::Path) -> Result<String, Failure> {
    let text = if file == std::path::Path::new("-") {
        let mut text = String::new();
        io::stdin().read_to_string(&mut text).map(|_| text)
    } else {
        std::fs::read_to_string(file)
    };
    text.map_err(|error| {
        let reason = crate::input::reason(&error);
        Failure::Usage(format!("cannot read {}: {reason}", file.display()))
    })
}
