//! Which Gateways a VirtualService is bound to, where its rules act, and which VirtualServices are
//! bound to a Gateway.
//!
//! The list `gateways` of the VirtualService binds it (`getGatewayNames` in
//! `pilot/pkg/model/push_context.go`); the lists of its matches narrow where a rule acts.

use std::sync::OnceLock;

use rustc_hash::{FxHashMap, FxHashSet};

use super::{MESH_GATEWAY, Routing};
use crate::mesh::indices::HostSet;
use crate::model::networking::{Gateway, Rule, VirtualService};
use crate::model::{Object, ObjectId, Str};
use crate::yaml::is_placeholder;

/// What a VirtualService is bound to.
#[derive(Debug, Clone, Default)]
pub struct Binding<'m> {
    /// The Gateways of the input, each once, in order.
    pub gateways: Vec<&'m Object<Gateway>>,
    ids: FxHashSet<ObjectId>,
    /// Whether its rules act in the sidecars of the mesh.
    pub is_for_mesh: bool,
    /// Whether it names a gateway that the input does not hold.
    pub has_unknown: bool,
}

impl Binding<'_> {
    /// Whether it is bound to Gateways of the input alone: not to sidecars, nor to anything else.
    pub fn is_to_known_gateways(&self) -> bool {
        !self.is_for_mesh && !self.has_unknown && !self.gateways.is_empty()
    }
}

/// Where a rule or a match acts, of what its VirtualService is bound to.
#[derive(Debug, Clone, Default)]
pub struct Acts<'m> {
    /// Whether it acts in sidecars.
    pub in_sidecars: bool,
    /// The Gateways of the input at which it acts; `None` for all that it is bound to.
    narrowed: Option<Vec<&'m Object<Gateway>>>,
    /// Whether it acts at a gateway that the input does not hold.
    pub elsewhere: bool,
}

impl<'m> Acts<'m> {
    /// The Gateways of the input at which it acts.
    pub fn gateways<'a>(&'a self, binding: &'a Binding<'m>) -> &'a [&'m Object<Gateway>] {
        self.narrowed.as_ref().unwrap_or(&binding.gateways)
    }

    /// Whether it acts at a Gateway.
    pub fn is_at(&self, gateway: ObjectId, binding: &Binding<'_>) -> bool {
        match &self.narrowed {
            Some(own) => own.iter().any(|own| own.id == gateway),
            None => binding.ids.contains(&gateway),
        }
    }

    /// Whether it acts at some gateway, shown by the input or not.
    pub fn is_at_gateways(&self, binding: &Binding<'_>) -> bool {
        self.elsewhere || !self.gateways(binding).is_empty()
    }
}

/// VirtualServices by the Gateways that they are bound to; made when first asked for.
#[derive(Debug, Default)]
pub(super) struct Bound(OnceLock<Index>);

#[derive(Debug, Default)]
struct Index {
    /// Positions of the VirtualServices with their hosts, by Gateway.
    by_gateway: FxHashMap<ObjectId, HostSet>,
    has_open_names: bool,
}

impl Routing {
    /// What a VirtualService is bound to.
    pub fn binding<'m>(&'m self, service: &Object<VirtualService>) -> Binding<'m> {
        let names = &service.spec.gateways;
        let mut binding = Binding {
            is_for_mesh: names.is_empty(),
            ..Binding::default()
        };
        for name in names {
            if name == MESH_GATEWAY {
                binding.is_for_mesh = true;
            } else if let Some(gateway) = self.gateway(name, service.namespace()) {
                if binding.ids.insert(gateway.id) {
                    binding.gateways.push(gateway);
                }
            } else {
                binding.has_unknown = true;
            }
        }
        binding
    }

    /// Where something with the list `narrowed` acts: where its VirtualService is bound to, unless
    /// the list names some of that.
    pub fn acts<'m>(
        &'m self,
        service: &Object<VirtualService>,
        binding: &Binding<'_>,
        narrowed: &[Str],
    ) -> Acts<'m> {
        self.acts_of_all(service, binding, std::iter::once(narrowed))
    }

    /// Where a rule acts: where one of its matches does.
    pub fn rule_acts<'m>(
        &'m self,
        service: &Object<VirtualService>,
        binding: &Binding<'_>,
        rule: &Rule<'_>,
    ) -> Acts<'m> {
        let lists = rule.matches().map(|block| block.gateways);
        self.acts_of_all(service, binding, lists)
    }

    fn acts_of_all<'m, 'l>(
        &'m self,
        service: &Object<VirtualService>,
        binding: &Binding<'_>,
        lists: impl Iterator<Item = &'l [Str]> + Clone,
    ) -> Acts<'m> {
        let mut of_all = lists.clone().map(<[Str]>::is_empty).peekable();
        if of_all.peek().is_none() || of_all.any(|is_empty| is_empty) {
            return Acts {
                in_sidecars: binding.is_for_mesh,
                narrowed: None,
                elsewhere: binding.has_unknown,
            };
        }
        let mut acts = Acts::default();
        let mut seen: FxHashSet<ObjectId> = FxHashSet::default();
        let mut narrowed = Vec::new();
        for name in lists.flatten() {
            if name == MESH_GATEWAY {
                acts.in_sidecars = binding.is_for_mesh;
                continue;
            }
            match self.gateway(name, service.namespace()) {
                Some(gateway) if binding.ids.contains(&gateway.id) => {
                    if seen.insert(gateway.id) {
                        narrowed.push(gateway);
                    }
                }
                Some(_) => {}
                None => acts.elsewhere = binding.has_unknown,
            }
        }
        acts.narrowed = Some(narrowed);
        acts
    }

    /// The VirtualServices that are bound to a Gateway and have a host which overlaps `host`, a full
    /// name, perhaps more than once each. Whether the gateway's pods see them is not asked.
    pub fn bound_with_host<'m>(
        &'m self,
        gateway: &Object<Gateway>,
        host: &'m str,
    ) -> impl Iterator<Item = &'m Object<VirtualService>> + use<'m> {
        let hosts = self.bound_index().by_gateway.get(&gateway.id).into_iter();
        hosts
            .flat_map(move |hosts| hosts.overlapping(host))
            .filter_map(|position| self.objects.virtual_services.get(position as usize))
    }

    /// Whether some VirtualService has a host or gateway that is filled in later, so that it may
    /// turn out to be bound to any Gateway, for any host.
    pub fn has_open_bindings(&self) -> bool {
        self.bound_index().has_open_names
    }

    fn bound_index(&self) -> &Index {
        self.bound.0.get_or_init(|| {
            let mut hosts: FxHashMap<ObjectId, Vec<(String, u32)>> = FxHashMap::default();
            let mut has_open_names = false;
            for (position, service) in (0u32..).zip(&self.objects.virtual_services) {
                let spec = &service.spec;
                let mut names = spec.hosts.iter().chain(&spec.gateways);
                has_open_names |= names.any(|name| is_placeholder(name));
                for gateway in self.binding(service).gateways {
                    let of_gateway = hosts.entry(gateway.id).or_default();
                    let own = self.full_hosts(service);
                    of_gateway.extend(own.map(|host| (host, position)));
                }
            }
            let by_gateway = hosts.into_iter().map(|(gateway, hosts)| {
                let hosts = hosts.iter().map(|(host, at)| (host.as_str(), *at));
                (gateway, HostSet::new(hosts))
            });
            Index {
                by_gateway: by_gateway.collect(),
                has_open_names,
            }
        })
    }

    /// The hosts of a VirtualService as full names: names without a dot are of its namespace.
    pub fn full_hosts<'a>(
        &'a self,
        service: &'a Object<VirtualService>,
    ) -> impl Iterator<Item = String> + 'a {
        service.spec.hosts.iter().map(|host| {
            if host.starts_with('*') {
                return host.to_string();
            }
            let host = self.registry.parse(host, service.namespace());
            host.to_string()
        })
    }
}
