//! The clusters that Argo CD knows: Secrets with a label.

use ecow::EcoString;

use crate::render::base64;
use crate::render::gitops::{Cluster, Following, Object};
use crate::render::value::Node;

/// The label of the Secret of a cluster, and its value.
const LABEL: &str = "argocd.argoproj.io/secret-type";
/// The address of the cluster in which Argo CD runs.
pub(super) const LOCAL_SERVER: &str = "https://kubernetes.default.svc";
/// The name of the cluster in which Argo CD runs.
pub(super) const LOCAL_NAME: &str = "in-cluster";

/// A cluster that a Secret of the repository tells of.
#[derive(Debug, Clone)]
pub(super) struct Known<'o> {
    pub(super) name: EcoString,
    pub(super) server: EcoString,
    pub(super) secret: &'o Object,
}

/// The clusters in the order of the files, each once.
pub(super) fn known<'f>(following: &'f Following<'_>) -> Vec<Known<'f>> {
    let mut clusters: Vec<Known<'f>> = Vec::new();
    for manifest in following.gitops.manifests.iter() {
        let object = &manifest.object;
        let is_cluster = object.is("", "Secret")
            && object
                .metadata("labels", LABEL)
                .is_some_and(|value| value == "cluster");
        if !is_cluster {
            continue;
        }
        let (Some(name), Some(server)) = (data(object, "name"), data(object, "server")) else {
            continue;
        };
        if clusters.iter().all(|known| known.name != name) {
            clusters.push(Known {
                name,
                server,
                secret: object,
            });
        }
    }
    clusters
}

fn data(object: &Object, key: &str) -> Option<EcoString> {
    let node = object.node();
    if let Some(text) = node.at(&["stringData", key]).and_then(Node::text) {
        return Some(text.clone());
    }
    let text = node.at(&["data", key])?.text()?;
    base64::decode_text(text).map(Into::into)
}

/// The cluster of a destination; `own` is the one in which the Application stands.
pub(super) fn of_destination(
    following: &Following<'_>,
    destination: Option<&Node>,
    own: &Cluster,
) -> Cluster {
    let field = |name: &str| {
        let text = destination
            .and_then(|node| node.get(name))
            .and_then(Node::text);
        text.filter(|text| !text.is_empty())
    };
    if let Some(name) = field("name") {
        return if name == LOCAL_NAME {
            own.clone()
        } else {
            name.clone()
        };
    }
    let Some(server) = field("server") else {
        return own.clone();
    };
    if server.trim_end_matches('/') == LOCAL_SERVER {
        return own.clone();
    }
    let found = known(following)
        .into_iter()
        .find(|known| known.server.trim_end_matches('/') == server.trim_end_matches('/'));
    match found {
        Some(known) if known.name == LOCAL_NAME => own.clone(),
        Some(known) => known.name,
        None => {
            let host = server
                .split_once("://")
                .map_or(server.as_str(), |(_, host)| host);
            host.trim_end_matches('/').into()
        }
    }
}
