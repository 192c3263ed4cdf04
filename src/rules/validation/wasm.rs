//! IST0106, IST0133: what the admission webhook says of a WasmPlugin and of a TrafficExtension,
//! whose Wasm part is the same.

use crate::diagnostics::Findings;
use crate::mesh::Mesh;
use crate::model::extensions::{
    EnvValueSource, TrafficExtension, TrafficSelector, VmConfig, WasmPlugin,
};
use crate::model::{Object, Str};

use super::issues::Issues;
use super::text::is_placeholder;
use super::{common, url};
use crate::yaml::Trail;

const SPEC: Trail<'_> = Trail::top("spec");

/// Validates a WasmPlugin.
pub(super) fn check_plugin(plugin: &Object<WasmPlugin>, mesh: &Mesh, findings: &mut Findings) {
    super::validate(plugin, mesh, findings, plugin_spec);
}

/// Validates a TrafficExtension.
pub(super) fn check_extension(
    extension: &Object<TrafficExtension>,
    mesh: &Mesh,
    findings: &mut Findings,
) {
    super::validate(extension, mesh, findings, extension_spec);
}

fn plugin_spec(spec: &WasmPlugin, issues: &mut Issues) {
    common::attachment(spec, issues);
    let module = Module {
        url: &spec.url,
        sha256: &spec.sha256,
        pull_secret: &spec.image_pull_secret,
        plugin_name: &spec.plugin_name,
        vm: spec.vm_config.as_ref(),
        name_limit: 255,
    };
    module.check(&SPEC, issues);
    ports(&spec.r#match, issues);
}

fn extension_spec(spec: &TrafficExtension, issues: &mut Issues) {
    if spec.wasm.is_some() == spec.lua.is_some() {
        issues.error(&SPEC, "exactly one of wasm or lua must be set");
    }
    common::attachment(spec, issues);
    if let Some(lua) = &spec.lua {
        let path = SPEC.field("lua");
        if lua.inline_code.is_empty() {
            issues.error(&path.field("inlineCode"), "lua.inlineCode cannot be empty");
        } else if lua.inline_code.len() > 65536 {
            issues.error(
                &path.field("inlineCode"),
                "lua.inlineCode exceeds maximum size of 64KB",
            );
        }
    } else if let Some(wasm) = &spec.wasm {
        let module = Module {
            url: &wasm.url,
            sha256: &wasm.sha256,
            pull_secret: &wasm.image_pull_secret,
            plugin_name: &wasm.plugin_name,
            vm: wasm.vm_config.as_ref(),
            name_limit: 256,
        };
        module.check(&SPEC.field("wasm"), issues);
    }
    ports(&spec.r#match, issues);
}

/// What a WasmPlugin and `wasm` of a TrafficExtension have in common.
struct Module<'a> {
    url: &'a Str,
    sha256: &'a Str,
    pull_secret: &'a Str,
    plugin_name: &'a Str,
    vm: Option<&'a VmConfig>,
    /// The limit of the name's length that the text names; the real one is 256.
    name_limit: u32,
}

impl Module<'_> {
    fn check(&self, path: &Trail<'_>, issues: &mut Issues) {
        self.check_url(&path.field("url"), issues);
        let is_hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        if !self.sha256.is_empty() && !is_placeholder(self.sha256) {
            let message = if self.sha256.len() != 64 {
                Some("sha256 field must be 64 characters long")
            } else if !self.sha256.bytes().all(is_hex) {
                Some("sha256 field must match [a-f0-9]{64} pattern")
            } else {
                None
            };
            if let Some(message) = message {
                issues.error(&path.field("sha256"), message);
            }
        }
        if self.pull_secret.len() > 253 {
            issues.error(
                &path.field("imagePullSecret"),
                "imagePullSecret field must be less than 253 characters long",
            );
        }
        if self.plugin_name.len() > 256 {
            issues.error(
                &path.field("pluginName"),
                format!(
                    "pluginName field must be less than {} characters long",
                    self.name_limit
                ),
            );
        }
        if let Some(vm) = self.vm {
            environment(vm, &path.field("vmConfig"), issues);
        }
    }

    fn check_url(&self, path: &Trail<'_>, issues: &mut Issues) {
        if self.url.is_empty() {
            issues.error(path, "url field needs to be set");
            return;
        }
        if is_placeholder(self.url) {
            return;
        }
        let parsed = url::parse_request(self.url).or_else(|why| {
            // `host/path` is fine too; if even that fails the first error is the telling one.
            url::parse_request(&format!("http://{}", self.url)).map_err(|_| why)
        });
        match parsed {
            Err(why) => {
                issues.error(path, format!("failed to parse url: {why}"));
            }
            Ok(scheme) if matches!(scheme.as_str(), "" | "file" | "http" | "https" | "oci") => {}
            Ok(scheme) => {
                let issue =
                    issues.error(path, format!("url contains unsupported scheme: {scheme}"));
                if !self.url.contains("://") {
                    issue.help(format!(
                        "{} is read as a scheme: write oci://{}",
                        scheme, self.url
                    ));
                }
            }
        }
    }
}

/// The first problem of the virtual machine's environment.
fn environment(vm: &VmConfig, path: &Trail<'_>, issues: &mut Issues) {
    let list = path.field("env");
    for (index, variable) in vm.env.iter().enumerate() {
        let earlier = vm.env.iter().take(index);
        let has_value = variable.value.as_ref().is_some_and(|v| !v.is_empty());
        let (field, message) = if variable.name.is_empty() {
            ("name", "spec.vmConfig.env invalid")
        } else if variable.name.len() > 256 {
            (
                "name",
                "env.name field must be less than 255 characters long",
            )
        } else if earlier.into_iter().any(|other| other.name == variable.name) {
            ("name", "duplicate env")
        } else if variable.value_from == EnvValueSource::Host && has_value {
            ("value", "value may only be set when valueFrom is INLINE")
        } else {
            continue;
        };
        issues.error(&list.item(index).field(field), message);
        return;
    }
}

/// The first bad port of `match`.
fn ports(selectors: &[TrafficSelector], issues: &mut Issues) {
    let list = SPEC.field("match");
    for (i, selector) in selectors.iter().enumerate() {
        let item = list.item(i);
        let ports = item.field("ports");
        for (j, port) in selector.ports.iter().enumerate() {
            if !(1..=65535).contains(&port.number) {
                issues.error(
                    &ports.item(j).field("number"),
                    format!(
                        "spec.Match[{i}].Ports[{j}] is out of range: {}",
                        port.number
                    ),
                );
                return;
            }
        }
    }
}
