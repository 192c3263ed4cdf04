//! Routes of HTTP.

use crate::model::Str;
use crate::model::networking::{
    CorsPolicy, HttpDirectResponse, HttpRedirect, HttpRewrite, HttpRoute, HttpRouteDestination,
};
use crate::rules::validation::headers::{self, cors_name};
use crate::rules::validation::issues::Issues;
use crate::rules::validation::string_match::{regex, regex_only};
use crate::rules::validation::text::{duration, is_placeholder, quote};
use crate::rules::validation::traffic_policy::{given, http_retry};
use crate::yaml::Trail;

use super::{destination, fault, http_match};

/// Checks a route at `path`. The routes of a VirtualService without hosts are those of a delegate.
pub(super) fn route(route: &HttpRoute, is_delegate: bool, path: &Trail<'_>, issues: &mut Issues) {
    conflicts(route, is_delegate, path, issues);
    http_match::check(&route.matches, &path.field("match"), issues);
    if let Some(headers) = &route.headers {
        headers::operations(headers, &path.field("headers"), issues);
    }
    if let Some(cors) = &route.cors_policy {
        cors_policy(cors, &path.field("corsPolicy"), issues);
    }
    if let Some(fault) = &route.fault {
        fault::check(fault, &path.field("fault"), issues);
    }
    mirrors(route, path, issues);
    if let Some(redirect) = &route.redirect {
        check_redirect(redirect, route, &path.field("redirect"), issues);
    }
    if let Some(response) = &route.direct_response {
        direct_response(response, &path.field("directResponse"), issues);
    }
    if let Some(retries) = &route.retries {
        http_retry(retries, &path.field("retries"), issues);
    }
    if let Some(rewrite) = &route.rewrite {
        check_rewrite(rewrite, &path.field("rewrite"), issues);
    }
    authority(route, path, issues);
    destinations(&route.route, &path.field("route"), issues);
    given(route.timeout, "timeout", path, issues);
}

/// Which parts of a route exclude each other.
fn conflicts(route: &HttpRoute, is_delegate: bool, path: &Trail<'_>, issues: &mut Issues) {
    let has_route = !route.route.is_empty();
    if route.delegate.is_some() {
        if is_delegate {
            issues
                .error(
                    &path.field("delegate"),
                    "delegate HTTP route cannot contain delegate",
                )
                .help("a delegate cannot delegate further: write the routes here");
        } else {
            for (is_set, field) in [(route.redirect.is_some(), "redirect"), (has_route, "route")] {
                if is_set {
                    issues
                        .error(
                            &path.field(field),
                            format!("root HTTP route {} must not specify {field}", route.name),
                        )
                        .help(format!(
                            "the delegate says what becomes of requests: remove {field}"
                        ));
                }
            }
            return;
        }
    }
    let others = [
        (has_route, "HTTP route cannot contain both route and"),
        (
            route.fault.is_some(),
            "HTTP route cannot contain both fault and",
        ),
        (
            route.rewrite.is_some(),
            "HTTP route rule cannot contain both rewrite and",
        ),
    ];
    let mut exclude = |field: &str, name: &str, others: &[(bool, &str)]| {
        for (is_set, text) in others {
            if *is_set {
                issues
                    .error(&path.field(field), format!("{text} {name}"))
                    .help("keep one of the two");
            }
        }
    };
    if route.redirect.is_some() {
        exclude("redirect", "redirect", &others);
        let response = (
            route.direct_response.is_some(),
            "HTTP route rule cannot contain both direct_response and",
        );
        exclude("redirect", "redirect", &[response]);
    } else if route.direct_response.is_some() {
        exclude("directResponse", "direct_response", &others);
    } else if !has_route {
        issues
            .error(path, "HTTP route, redirect or direct_response is required")
            .help("add route with a destination");
    }
    if route.mirror.is_some() && !route.mirrors.is_empty() {
        issues
            .error(
                &path.field("mirrors"),
                "HTTP route cannot contain both mirror and mirrors",
            )
            .help("move mirror and mirrorPercentage into mirrors");
    }
}

fn cors_policy(cors: &CorsPolicy, path: &Trail<'_>, issues: &mut Issues) {
    const METHODS: [&str; 10] = [
        "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "CONNECT", "OPTIONS", "TRACE", "*",
    ];
    let origins = path.field("allowOrigins");
    for (index, origin) in cors.allow_origins.iter().enumerate() {
        let path = origins.item(index);
        let members = [&origin.exact, &origin.prefix, &origin.regex];
        if members
            .iter()
            .all(|text| text.as_ref().is_none_or(Str::is_empty))
        {
            issues
                .error(&path, "'' is not a valid match type for CORS allow origins")
                .help("write exact, prefix or regex with the origin");
        } else {
            regex_only(origin, "corsPolicy.allowOrigins", &path, issues);
        }
    }
    let methods = path.field("allowMethods");
    for (index, method) in cors.allow_methods.iter().enumerate() {
        if !METHODS.contains(&method.as_str()) {
            let result = Err(format!("{} is not a supported HTTP method", quote(method)));
            if let Some(issue) = issues.check_value(&methods.item(index), method, result) {
                issue.help(format!("write one of {}", METHODS.join(", ")));
            }
        }
    }
    for (list, field) in [
        (&cors.allow_headers, "allowHeaders"),
        (&cors.expose_headers, "exposeHeaders"),
    ] {
        let path = path.field(field);
        for (index, name) in list.iter().enumerate() {
            if name != "*" {
                issues.check_value(&path.item(index), name, cors_name(name));
            }
        }
    }
    if let Some(age) = cors.max_age {
        let path = path.field("maxAge");
        issues.check(&path, duration(age));
        if age.0 % 1_000_000_000 > 0 {
            issues
                .error(
                    &path,
                    "max_age duration is accurate only to seconds precision",
                )
                .help("write whole seconds, such as 24h or 30s");
        }
    }
}

fn mirrors(route: &HttpRoute, path: &Trail<'_>, issues: &mut Issues) {
    if let Some((percent, field)) = route.deprecated_mirror_percent() {
        let path = path.field(field);
        if percent > 100 {
            issues.error(
                &path,
                format!("mirror_percent must have a max value of 100 (it has {percent})"),
            );
        }
        issues
            .warn(
                &path,
                "using deprecated setting \"mirrorPercent\", use \"mirrorPercentage\" instead",
            )
            .help(format!("write mirrorPercentage: {{value: {percent}}}"));
    }
    if let Some(percentage) = &route.mirror_percentage {
        let path = path.field("mirrorPercentage");
        mirrored(percentage.value, "mirror_percentage", &path, issues);
    }
    if let Some(mirror) = &route.mirror {
        destination(mirror, &path.field("mirror"), issues);
    }
    let list = path.field("mirrors");
    for (index, mirror) in route.mirrors.iter().enumerate() {
        let path = list.item(index);
        let to = path.field("destination");
        let Some(mirror_destination) = &mirror.destination else {
            issues.error(&to, "destination is required for mirrors");
            continue;
        };
        destination(mirror_destination, &to, issues);
        if let Some(percentage) = &mirror.percentage {
            let path = path.field("percentage");
            mirrored(percentage.value, "mirror percentage", &path, issues);
        }
    }
}

fn mirrored(value: f64, name: &str, path: &Trail<'_>, issues: &mut Issues) {
    let (bound, limit) = if value > 100.0 {
        ("max", 100)
    } else if value < 0.0 {
        ("min", 0)
    } else {
        return;
    };
    issues.error(
        &path.field("value"),
        format!("{name} must have a {bound} value of {limit} (it has {value:.6})"),
    );
}

fn check_redirect(
    redirect: &HttpRedirect,
    route: &HttpRoute,
    path: &Trail<'_>,
    issues: &mut Issues,
) {
    let prefix = path.field("prefixRewrite");
    let has_prefix = !redirect.prefix_rewrite.is_empty();
    let is_unset = !has_prefix
        && redirect.uri.is_empty()
        && redirect.authority.is_empty()
        && redirect.scheme.is_empty()
        && redirect.port.is_none()
        && redirect.derive_port.is_none();
    let is_other_match = route
        .matches
        .iter()
        .filter_map(|request| request.uri.as_ref())
        .any(|uri| uri.prefix.is_none());
    if has_prefix && !redirect.uri.is_empty() {
        issues.error(
            &prefix,
            "redirect may only specify one of uri or prefix_rewrite",
        );
    } else if has_prefix && is_other_match {
        issues
            .error(
                &prefix,
                "redirect prefix_rewrite requires all URI matches to use prefix match type",
            )
            .help("match uri by prefix, or give the new path with uri");
    } else if is_unset {
        issues.error(
            path,
            "redirect must specify URI, authority, scheme, or port",
        );
    } else if redirect.redirect_code != 0 && !(300..=399).contains(&redirect.redirect_code) {
        issues
            .error(
                &path.field("redirectCode"),
                format!(
                    "{} is not a valid redirect code, must be 3xx",
                    redirect.redirect_code
                ),
            )
            .help("write 301, 302, 303, 307 or 308");
    } else if !matches!(redirect.scheme.as_str(), "" | "http" | "https")
        && !is_placeholder(&redirect.scheme)
    {
        issues.error(
            &path.field("scheme"),
            "invalid redirect scheme, must be \"http\" or \"https\"",
        );
    } else if let Some(port) = redirect.port.filter(|port| *port > 0) {
        issues.check_port(&path.field("port"), port);
    }
}

fn direct_response(response: &HttpDirectResponse, path: &Trail<'_>, issues: &mut Issues) {
    const ERROR_ABOVE: usize = 1 << 20;
    const WARN_ABOVE: usize = 100 << 10;
    let size = response.body.as_ref().map_or(0, |body| {
        let decoded = body.bytes.as_ref().map(|text| base64_length(text));
        decoded.unwrap_or_else(|| body.string.as_ref().map_or(0, Str::len))
    });
    let body = path.field("body");
    let help = "serve large bodies from a workload";
    if size > ERROR_ABOVE {
        issues
            .error(
                &body,
                "large direct_responses may impact control plane performance, must be less than \
                 1MB",
            )
            .help(help);
    } else if size > WARN_ABOVE {
        issues
            .warn(
                &body,
                "large direct_responses may impact control plane performance",
            )
            .help(help);
    }
    fault::http_status(i64::from(response.status), &path.field("status"), issues);
}

/// How many bytes a base64 text stands for.
fn base64_length(text: &str) -> usize {
    let digits = text
        .bytes()
        .filter(|b| !b.is_ascii_whitespace() && *b != b'=')
        .count();
    digits * 3 / 4
}

fn check_rewrite(rewrite: &HttpRewrite, path: &Trail<'_>, issues: &mut Issues) {
    const AT: &str = "HTTPRewrite.UriRegexRewrite.Match";
    let regex_path = path.field("uriRegexRewrite");
    match &rewrite.uri_regex_rewrite {
        Some(_) if !rewrite.uri.is_empty() => {
            issues.error(
                path,
                "rewrite may only contain one of URI or UriRegexRewrite",
            );
        }
        None if rewrite.uri.is_empty() && rewrite.authority.is_empty() => {
            issues.error(
                path,
                "rewrite must specify at least one of URI, UriRegexRewrite, or authority. Only \
                 one of URI or UriRegexRewrite may be specified",
            );
        }
        Some(by_regex) if by_regex.matches.is_empty() || by_regex.rewrite.is_empty() => {
            issues.error(
                &regex_path,
                "UriRegexRewrite has errors\nUriRegexRewrite requires both Rewrite and Match \
                 fields to be specified",
            );
        }
        Some(by_regex) => {
            let result = regex(&by_regex.matches, AT)
                .map_err(|why| format!("UriRegexRewrite has errors\n{why}"));
            issues.check(&regex_path.field("match"), result);
        }
        None => {}
    }
}

/// The authority may be set once: by the rewrite, or by one header.
fn authority(route: &HttpRoute, path: &Trail<'_>, issues: &mut Issues) {
    let Some(request) = route.headers.as_ref().and_then(|h| h.request.as_ref()) else {
        return;
    };
    let mut known = route.rewrite.as_ref().map_or("", |r| r.authority.as_str());
    for (map, field) in [(&request.set, "set"), (&request.add, "add")] {
        for (name, value) in map {
            if !name.eq_ignore_ascii_case("host") && !name.eq_ignore_ascii_case(":authority") {
                continue;
            }
            if !known.is_empty() {
                let headers = path.field("headers");
                let request = headers.field("request");
                issues
                    .error(
                        &request.field(field).field(name),
                        format!(
                            "authority header cannot be set multiple times: have {}, attempting \
                             to set {}",
                            quote(known),
                            quote(value)
                        ),
                    )
                    .help("keep one of them; rewrite.authority is the usual place");
                return;
            }
            known = value;
        }
    }
}

fn destinations(list: &[HttpRouteDestination], path: &Trail<'_>, issues: &mut Issues) {
    for (index, item) in list.iter().enumerate() {
        let path = path.item(index);
        let to = path.field("destination");
        if item.destination.is_none() {
            issues.error(&to, "destination is required");
        }
        if let Some(headers) = &item.headers {
            headers::operations(headers, &path.field("headers"), issues);
        }
        if let Some(item) = &item.destination {
            destination(item, &to, issues);
        }
        weight(item.weight, &path, issues);
    }
    total_weight(list.iter().map(|item| item.weight), path, issues);
}

/// The weight of a destination at `path`.
pub(super) fn weight(weight: i32, path: &Trail<'_>, issues: &mut Issues) {
    if weight < 0 {
        issues.error(&path.field("weight"), format!("weight {weight} < 0"));
    }
}

/// The weights of several destinations; `path` is that of the list.
pub(super) fn total_weight(
    weights: impl ExactSizeIterator<Item = i32>,
    path: &Trail<'_>,
    issues: &mut Issues,
) {
    if weights.len() > 1 && weights.map(i64::from).sum::<i64>() == 0 {
        issues
            .error(path, "total destination weight = 0")
            .help("give each destination its share with weight, such as 90 and 10");
    }
}
