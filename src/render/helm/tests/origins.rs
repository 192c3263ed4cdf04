//! Places of what is rendered.

use super::{Layer, Options, render, set, sources};
use crate::render::{Origin, Rendered, Sources, What};
use crate::yaml::{Node, Tree, Value};

const TEMPLATE: &str = "\
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata:
  name: {{ include \"name\" . }}
  annotations: {{- toYaml .Values.annotations | nindent 4 }}
spec:
  hosts:
  - {{ .Values.host | quote }}
  - \"www.{{ .Values.host }}\"
  - {{ tpl .Values.templated . }}
  gateways: [mesh]
  http:
  {{- range .Values.routes }}
  - name: {{ .name }}
    timeout: {{ $.Values.timeout | default \"5s\" }}
    route:
    - destination:
        host: {{ .host | lower }}
        port: {number: {{ .port }}}
  {{- end }}
";

const VALUES: &str = "\
host: shop.example.com
templated: '{{ .Values.host }}'
annotations:
  owner: team-a
  note: \"kept: as it is\"
routes:
- name: first
  host: Web
  port: 8080
- name: second
  host: api
  port: 9090
";

const HELPERS: &str = "{{ define \"name\" }}{{ .Release.Name }}-{{ .Chart.Name }}{{ end }}";

fn files() -> Vec<(&'static str, &'static str)> {
    vec![
        ("templates/_helpers.tpl", HELPERS),
        ("templates/vs.yaml", TEMPLATE),
        ("values.yaml", VALUES),
        (
            "/prod.yaml",
            "routes:\n- name: only\n  host: web\n  port: 80\n",
        ),
    ]
}

fn scalars<'t>(node: Node<'t>, path: &str, found: &mut Vec<(String, Node<'t>)>) {
    match node.value() {
        Value::Mapping => {
            for (key, value) in node.entries() {
                scalars(value, &format!("{path}/{}", key.text().unwrap()), found);
            }
        }
        Value::Sequence => {
            for (index, item) in node.items().enumerate() {
                scalars(item, &format!("{path}/{index}"), found);
            }
        }
        Value::Scalar(_) => found.push((path.to_owned(), node)),
    }
}

/// The scalars of an object: path, text, origin.
fn placed(object: &Rendered) -> Vec<(String, String, Origin)> {
    let tree = Tree::parse(&object.text);
    let root = tree.root(&tree.documents()[0]).unwrap();
    let mut found = Vec::new();
    scalars(root, "", &mut found);
    found
        .into_iter()
        .map(|(path, node)| {
            let origin = object.origin_at(node.span()).unwrap().clone();
            (path, node.text().unwrap().to_owned(), origin)
        })
        .collect()
}

fn written(sources: &Sources, origin: &Origin) -> (String, String) {
    let text = sources.text(origin.place.source);
    let path = sources.path(origin.place.source);
    (path.to_string(), origin.place.span.text(&text).to_owned())
}

#[test]
fn scalars_point_at_what_their_owner_would_edit() {
    let sources = sources(&files());
    let output = render(&sources, "shop", &Options::default());
    let all = placed(&output.objects[0]);
    let at = |path: &str| {
        let (_, _, origin) = all.iter().find(|(known, ..)| known == path).unwrap();
        let (file, text) = written(&sources, origin);
        (file, text, origin.exact)
    };
    let values = |text: &str, exact| ("shop/values.yaml".to_owned(), text.to_owned(), exact);
    let template =
        |text: &str, exact| ("shop/templates/vs.yaml".to_owned(), text.to_owned(), exact);
    assert_eq!(at("/kind"), template("VirtualService", true));
    assert_eq!(at("/spec/gateways/0"), template("mesh", true));
    assert_eq!(at("/spec/hosts/0"), values("shop.example.com", true));
    assert_eq!(at("/spec/hosts/2"), values("shop.example.com", true));
    assert_eq!(at("/metadata/annotations/owner"), values("team-a", true));
    assert_eq!(
        at("/metadata/annotations/note"),
        values("\"kept: as it is\"", true)
    );
    assert_eq!(
        at("/spec/http/0/route/0/destination/host"),
        values("Web", false)
    );
    assert_eq!(
        at("/spec/http/1/route/0/destination/port/number"),
        values("9090", true)
    );
    let (_, _, host) = all
        .iter()
        .find(|(path, ..)| path == "/spec/hosts/1")
        .unwrap();
    assert_eq!(host.what, What::Template);
    let related = host
        .related
        .iter()
        .find(|related| related.what == What::Values);
    let place = related.unwrap().place;
    assert_eq!(
        place.span.text(&sources.text(place.source)),
        "shop.example.com"
    );
}

#[test]
fn the_layer_that_won_is_the_origin() {
    let sources = sources(&files());
    let options = Options {
        values: vec![Layer::File("prod.yaml".to_owned()), set("timeout=9s")],
        ..Options::default()
    };
    let output = render(&sources, "shop", &options);
    let all = placed(&output.objects[0]);
    let origin = |path: &str| {
        let (_, _, origin) = all.iter().find(|(known, ..)| known == path).unwrap();
        written(&sources, origin)
    };
    assert_eq!(
        origin("/spec/http/0/name"),
        ("prod.yaml".to_owned(), "only".to_owned())
    );
    assert_eq!(
        origin("/spec/http/0/timeout"),
        ("--set".to_owned(), "9s".to_owned())
    );
}

#[test]
fn to_change_the_text_at_an_exact_origin_is_to_change_the_scalar() {
    let before = sources(&files());
    let output = render(&before, "shop", &Options::default());
    let mut changed = 0;
    for (path, text, origin) in placed(&output.objects[0]) {
        if !origin.exact {
            continue;
        }
        let word = if text.bytes().all(|byte| byte.is_ascii_digit()) {
            "4321"
        } else {
            "changed"
        };
        let file = before.path(origin.place.source);
        let span = origin.place.span;
        let mut files = files();
        let edited: String = {
            let old = before.text(origin.place.source);
            let (start, end) = (span.start as usize, span.end as usize);
            format!("{}{word}{}", &old[..start], &old[end..])
        };
        let entry = files
            .iter_mut()
            .find(|(name, _)| format!("shop/{name}") == *file);
        // Chart.yaml and the command line are not among the files.
        let Some(entry) = entry else { continue };
        entry.1 = &edited;
        let after = render(&sources(&files), "shop", &Options::default());
        let now = placed(&after.objects[0]);
        let (_, text, _) = now.iter().find(|(known, ..)| *known == path).unwrap();
        assert_eq!(text, word, "{path}");
        changed += 1;
    }
    assert!(changed >= 10, "only {changed} scalars have an exact origin");
}

#[test]
fn values_that_differ_from_run_to_run_become_placeholders() {
    let template = "kind: Secret\nstringData:\n  password: {{ randAlphaNum 12 | b64enc | quote }}\n  \
         user: admin\n  hash: {{ now | date \"2006\" }}\n";
    let sources = sources(&[("templates/s.yaml", template)]);
    let options = Options {
        placeholders: true,
        ..Options::default()
    };
    let output = render(&sources, "shop", &options);
    assert_eq!(
        &*output.objects[0].text,
        "kind: Secret\nstringData:\n  password: \"${unknown}\"\n  user: admin\n  hash: \"${unknown}\"\n"
    );
    let again = render(&sources, "shop", &Options::default());
    let once_more = render(&sources, "shop", &Options::default());
    assert_eq!(again.objects[0].text, once_more.objects[0].text);
}

#[test]
fn yaml_that_goes_through_a_template_and_back_keeps_its_places() {
    let files = [
        (
            "templates/_h.tpl",
            "{{ define \"h\" }}\nlabels:\n  app: shop\n  tier: {{ .Values.tier }}\n{{ end }}",
        ),
        (
            "templates/t.yaml",
            "{{ $d := include \"h\" . | fromYaml }}a: {{ $d.labels.app }}\nb: {{ $d.labels.tier }}",
        ),
        ("values.yaml", "tier: front"),
    ];
    let sources = sources(&files);
    let output = render(&sources, "shop", &Options::default());
    let all = placed(&output.objects[0]);
    let texts: Vec<_> = all
        .iter()
        .map(|(_, _, origin)| written(&sources, origin))
        .collect();
    assert_eq!(
        texts[0],
        ("shop/templates/_h.tpl".to_owned(), "shop".to_owned())
    );
    assert_eq!(
        texts[1],
        ("shop/values.yaml".to_owned(), "front".to_owned())
    );
}
