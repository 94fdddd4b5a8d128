//! The API server: the only door to the store.
//!
//! People and components alike create, change and delete objects here, and here alone. What a
//! kind's objects must look like and what is filled in is in [`strategy`]; strict decoding of what
//! people send is in [`schema`].

mod json_patch;
pub mod patch;
mod propagation;
pub(crate) mod proxy;
pub mod schema;
pub mod status;
mod strategy;
pub mod subresources;

use std::rc::Rc;

use serde_json::Value;

use crate::controller::Outcome;
use crate::object::{Kind, Name, Object, Resource, from_value, prune};
use crate::random::Random;
use crate::recorder::Recorder;
use crate::step::Reason;
use crate::store::{Change, Store};
use crate::time::Time;
use crate::{Config, Version};

pub use patch::Patch;
pub use propagation::PropagationPolicy;
pub(crate) use propagation::{FOREGROUND_DELETION, ORPHAN};
pub use status::{Fault, FieldError, Status, StatusReason};
pub(crate) use strategy::{Admission, CLAIM_PROTECTION, Strategy, VOLUME_PROTECTION};

/// Runs the expression with `T` as the type of the kind.
macro_rules! dispatch {
    ($kind:expr, $T:ident => $body:expr) => {{
        use crate::object::*;
        match $kind {
            Kind::ControllerRevision => {
                type $T = ControllerRevision;
                $body
            }
            Kind::EndpointSlice => {
                type $T = EndpointSlice;
                $body
            }
            Kind::Endpoints => {
                type $T = Endpoints;
                $body
            }
            Kind::Event => {
                type $T = Event;
                $body
            }
            Kind::Node => {
                type $T = Node;
                $body
            }
            Kind::PersistentVolume => {
                type $T = PersistentVolume;
                $body
            }
            Kind::PersistentVolumeClaim => {
                type $T = PersistentVolumeClaim;
                $body
            }
            Kind::Pod => {
                type $T = Pod;
                $body
            }
            Kind::ReplicaSet => {
                type $T = ReplicaSet;
                $body
            }
            Kind::Service => {
                type $T = Service;
                $body
            }
            Kind::StorageClass => {
                type $T = StorageClass;
                $body
            }
            Kind::StatefulSet => {
                type $T = StatefulSet;
                $body
            }
        }
    }};
}
pub(crate) use dispatch;

/// The right to write to the store. Only this module can make one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Door(());

/// What only tests can do: break in, and let requests fail.
#[cfg(test)]
pub(crate) mod behind {
    use super::{Door, Kind};
    use crate::step::Verb;

    impl Door {
        /// For tests that put objects where no request would.
        pub(crate) fn broken() -> Door {
            Door(())
        }
    }

    /// Requests that fail as if the API server were out of order.
    #[derive(Clone, Debug)]
    pub(crate) struct Failing {
        pub(crate) verb: Verb,
        pub(crate) kind: Kind,
        /// How many pass before the first that fails.
        pub(crate) after: usize,
        /// How many fail.
        pub(crate) times: usize,
    }
}

/// What somebody outside asks of the API server.
#[derive(Clone, Debug, PartialEq)]
pub enum Request {
    /// POST: `object` has `apiVersion`, `kind` and the fields.
    Create {
        /// The object as it was written.
        object: Value,
        /// How.
        options: WriteOptions,
    },
    /// PUT: replaces the object of the same kind and name.
    Replace {
        /// The object as it was written.
        object: Value,
        /// How.
        options: WriteOptions,
    },
    /// PATCH: changes parts of an object.
    Patch {
        /// Its kind.
        kind: Kind,
        /// Its name.
        name: String,
        /// What to change.
        patch: Patch,
        /// How.
        options: WriteOptions,
    },
    /// DELETE.
    Delete {
        /// Its kind.
        kind: Kind,
        /// Its name.
        name: String,
        /// How.
        options: DeleteOptions,
    },
}

/// What the API server answers when it does what was asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Response {
    /// The object as it is now, or last was.
    pub object: Object,
    /// Whether anything was written.
    pub changed: bool,
    /// Paths of given fields that Kubernetes has and the simulation keeps but does not act on.
    pub not_simulated: Vec<String>,
    /// Warnings, such as `unknown field "spec.replica"` under [`FieldValidation::Warn`].
    pub warnings: Vec<String>,
}

/// meta/v1 CreateOptions, UpdateOptions and PatchOptions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WriteOptions {
    /// Everything is checked and answered, and nothing is stored.
    pub dry_run: bool,
    /// What becomes of fields that Kubernetes doesn't have.
    pub field_validation: FieldValidation,
}

/// What becomes of fields that Kubernetes doesn't have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FieldValidation {
    /// They are dropped without a word.
    Ignore,
    /// They are dropped with a warning: the server's default, which `kubectl patch` keeps.
    Warn,
    /// The request is refused: what `kubectl create` and `apply` ask for.
    #[default]
    Strict,
}

/// meta/v1 DeleteOptions.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DeleteOptions {
    /// Seconds the object gets to end; the object's own wish if absent. 0 removes it at once.
    pub grace_period_seconds: Option<i64>,
    /// Only delete the object with this uid.
    pub uid: Option<String>,
    /// What becomes of the objects that this one owns. If absent, whatever an earlier deletion
    /// asked for, else [`PropagationPolicy::Background`].
    pub propagation_policy: Option<PropagationPolicy>,
}

/// The API server as one caller sees it during one turn.
pub(crate) struct Api<'a> {
    pub(crate) store: &'a mut Store,
    pub(crate) config: &'a Config,
    pub(crate) now: Time,
    pub(crate) random: &'a mut Random,
    pub(crate) recorder: &'a mut Recorder,
    /// What this turn wrote.
    pub(crate) change: Option<Change>,
    /// Nothing is stored.
    pub(crate) dry_run: bool,
    #[cfg(test)]
    pub(crate) failing: &'a mut Vec<behind::Failing>,
}

#[cfg(test)]
impl Api<'_> {
    /// The refusal of a request that is to fail.
    fn fail_as_asked(&mut self, verb: crate::step::Verb, kind: Kind) -> Result<(), Status> {
        let wanted = |failing: &&mut behind::Failing| failing.verb == verb && failing.kind == kind;
        let Some(failing) = self.failing.iter_mut().find(wanted) else {
            return Ok(());
        };
        match (failing.after, failing.times) {
            (0, 0) => Ok(()),
            (0, _) => {
                failing.times -= 1;
                let message = format!("Internal error occurred: {verb:?} {kind:?} failed");
                Err(Status::bad_request(message))
            }
            _ => {
                failing.after -= 1;
                Ok(())
            }
        }
    }
}

impl Api<'_> {
    /// The object of this name.
    pub(crate) fn get<T: Resource>(&self, name: &str) -> Option<&Rc<T>> {
        self.store.get(name)
    }

    /// All objects of this type, by name.
    pub(crate) fn list<T: Resource>(&self) -> impl DoubleEndedIterator<Item = &Rc<T>> {
        self.store.list()
    }

    /// Stores a new object: defaults filled in, admitted, validated, with a uid and a time.
    ///
    /// # Errors
    /// `Invalid` if a field has a wrong value, `AlreadyExists` if the name is taken.
    pub(crate) fn create<T: Strategy>(&mut self, mut object: T) -> Result<Rc<T>, Status> {
        #[cfg(test)]
        self.fail_as_asked(crate::step::Verb::Create, T::KIND)?;
        strategy::name_generated(object.metadata_mut(), self.random);
        object.fill_defaults(self.config);
        object.admit(&mut Admission {
            store: self.store,
            config: self.config,
        });
        let mut causes = object.validate(self.config);
        if causes.is_empty() {
            causes = object.conflicts(self.store);
        }
        self.refuse_if::<T>(object.name(), causes)?;
        if self.store.get::<T>(object.name()).is_some() {
            let name = object.name();
            return Err(match object.metadata().generate_name {
                Some(_) => Status::no_name_generated(T::KIND, name, self.config.version),
                None => Status::already_exists(T::KIND, name),
            });
        }
        let metadata = object.metadata_mut();
        metadata.uid = self.random.uuid();
        metadata.creation_timestamp = Some(self.now);
        metadata.namespace = T::KIND.info().namespaced.then(|| "default".to_owned());
        metadata.deletion_timestamp = None;
        metadata.deletion_grace_period_seconds = None;
        metadata.generation = i64::from(T::COUNTS_GENERATIONS);
        Ok(self.put(object))
    }

    /// Refuses an object with fields at fault. Lengths were counted in characters before v1.32.
    fn refuse_if<T: Strategy>(
        &self,
        name: &str,
        mut causes: Vec<FieldError>,
    ) -> Result<(), Status> {
        if causes.is_empty() {
            return Ok(());
        }
        if self.config.version < Version::V1_32 {
            for cause in &mut causes {
                if let Fault::Invalid { why, .. } = &mut cause.fault
                    && let Some(length) = why.strip_suffix(" bytes")
                {
                    *why = format!("{length} characters");
                }
            }
        }
        Err(Status::invalid(T::KIND, name, causes))
    }

    /// Changes the newest state of an object; writes only if that makes a difference. Removing the
    /// last finalizer of an object marked for deletion removes the object.
    ///
    /// # Errors
    /// `NotFound`, or `Invalid` if the change isn't allowed.
    pub(crate) fn modify<T: Strategy>(
        &mut self,
        name: &str,
        change: impl FnOnce(&mut T),
    ) -> Result<Rc<T>, Status> {
        #[cfg(test)]
        self.fail_as_asked(crate::step::Verb::Update, T::KIND)?;
        let Some(old) = self.store.get::<T>(name).cloned() else {
            return Err(Status::not_found(T::KIND, name));
        };
        let mut new = T::clone(&old);
        change(&mut new);
        self.replace(&old, new)
    }

    fn replace<T: Strategy>(&mut self, old: &Rc<T>, mut new: T) -> Result<Rc<T>, Status> {
        if new == **old {
            return Ok(Rc::clone(old));
        }
        if T::COUNTS_GENERATIONS && new.spec_differs(old) {
            new.metadata_mut().generation = old.metadata().generation + 1;
        }
        self.refuse_if::<T>(new.name(), new.validate_update(old, self.config))?;
        if new.metadata().terminating()
            && new.metadata().finalizers.is_empty()
            && new.metadata().deletion_grace_period_seconds == Some(0)
        {
            self.remove::<T>(old);
            return Ok(Rc::new(new));
        }
        Ok(self.put(new))
    }

    /// Deletes an object: removes it, or marks it if it has time left or a finalizer.
    ///
    /// # Errors
    /// `NotFound`, or `Conflict` if the uid is not the one given.
    pub(crate) fn delete<T: Strategy>(
        &mut self,
        name: &str,
        options: &DeleteOptions,
    ) -> Result<Rc<T>, Status> {
        #[cfg(test)]
        self.fail_as_asked(crate::step::Verb::Delete, T::KIND)?;
        let Some(old) = self.store.get::<T>(name).cloned() else {
            return Err(Status::not_found(T::KIND, name));
        };
        let metadata = old.metadata();
        if options.uid.as_ref().is_some_and(|uid| *uid != metadata.uid) {
            let uid = options.uid.as_deref().unwrap_or_default();
            let why = format!(
                "Precondition failed: UID in precondition: {uid}, UID in object meta: {}",
                metadata.uid
            );
            return Err(Status::conflict(T::KIND, name, &why));
        }
        let grace = old.grace_seconds(options.grace_period_seconds);
        let finalizers = propagation::finalizers(metadata, options.propagation_policy);
        if grace == 0 && finalizers.is_empty() {
            self.remove::<T>(&old);
            return Ok(old);
        }
        let left = metadata.deletion_grace_period_seconds;
        let marked_before = metadata.terminating() && left.is_some_and(|left| grace >= left);
        if marked_before && finalizers == metadata.finalizers {
            return Ok(old);
        }
        let mut marked = T::clone(&old);
        let now = self.now;
        let metadata = marked.metadata_mut();
        metadata.finalizers = finalizers;
        if !marked_before {
            metadata.deletion_timestamp = Some(now + grace.unsigned_abs() * 1000);
            metadata.deletion_grace_period_seconds = Some(grace);
            metadata.generation += i64::from(T::COUNTS_GENERATIONS);
        }
        Ok(self.put(marked))
    }

    fn put<T: Strategy>(&mut self, object: T) -> Rc<T> {
        if self.dry_run {
            return Rc::new(object);
        }
        let change = self.store.put(Door(()), object);
        let object = change.after.as_ref().and_then(T::from_object).cloned();
        self.note(change);
        object.expect("what was put is there")
    }

    /// Takes an object out. What is deleted gracefully is marked and removed in one write here,
    /// two upstream: its last state carries the mark, as the watch shows it.
    fn remove<T: Strategy>(&mut self, old: &Rc<T>) {
        if self.dry_run {
            return;
        }
        let Some(mut change) = self.store.remove(Door(()), T::KIND, old.name()) else {
            return;
        };
        if T::DELETES_GRACEFULLY {
            let mut last = T::clone(old);
            let now = self.now;
            last.metadata_mut().deletion_timestamp.get_or_insert(now);
            last.metadata_mut().deletion_grace_period_seconds = Some(0);
            change.before = Some(T::erase(&Rc::new(last)));
        }
        self.note(change);
    }

    fn note(&mut self, change: Change) {
        assert!(self.change.is_none(), "a turn makes at most one write");
        self.change = Some(change);
    }

    /// Does what somebody outside asks.
    ///
    /// # Errors
    /// What the real server would answer: a [`Status`] with its words.
    pub(crate) fn handle(&mut self, request: &Request) -> Result<Response, Status> {
        match request {
            Request::Create { object, options } => {
                dispatch!(kind_of(object)?, T => self.create_from::<T>(object, *options))
            }
            Request::Replace { object, options } => {
                dispatch!(kind_of(object)?, T => self.replace_from::<T>(object, *options))
            }
            Request::Patch {
                kind,
                name,
                patch,
                options,
            } => {
                dispatch!(*kind, T => self.patch::<T>(name, patch, *options))
            }
            Request::Delete {
                kind,
                name,
                options,
            } => dispatch!(*kind, T => {
                let object = self.delete::<T>(name, options)?;
                Ok(self.response(&object, Notes::default()))
            }),
        }
    }

    fn create_from<T: Strategy>(
        &mut self,
        given: &Value,
        options: WriteOptions,
    ) -> Result<Response, Status> {
        self.dry_run = options.dry_run;
        let (object, notes) = decode::<T>(given.clone(), options)?;
        let object = self.create(strategy::without_status(object))?;
        Ok(self.response(&object, notes))
    }

    fn replace_from<T: Strategy>(
        &mut self,
        given: &Value,
        options: WriteOptions,
    ) -> Result<Response, Status> {
        self.dry_run = options.dry_run;
        let (mut new, notes) = decode::<T>(given.clone(), options)?;
        let Some(old) = self.store.get::<T>(new.name()).cloned() else {
            return Err(Status::not_found(T::KIND, new.name()));
        };
        let version = new.metadata().resource_version;
        if version != 0 && version != old.metadata().resource_version {
            let why = "the object has been modified; please apply your changes to the latest version and try again";
            return Err(Status::conflict(T::KIND, new.name(), why));
        }
        new.fill_defaults(self.config);
        strategy::keep_what_the_server_owns(&mut new, &old);
        let object = self.replace(&old, new)?;
        Ok(self.response(&object, notes))
    }

    fn patch<T: Strategy>(
        &mut self,
        name: &str,
        patch: &Patch,
        options: WriteOptions,
    ) -> Result<Response, Status> {
        self.dry_run = options.dry_run;
        let Some(old) = self.store.get::<T>(name).cloned() else {
            return Err(Status::not_found(T::KIND, name));
        };
        let mut value = crate::object::to_value(&*old);
        let known = schema::check(T::KIND, &mut value).unwrap_or_default();
        patch.apply(&mut value)?;
        if let Err(mismatch) = schema::check(T::KIND, &mut value.clone()) {
            return Err(patch.undecodable(&mismatch.wanted, &mismatch.message));
        }
        let (mut new, mut notes) = decode::<T>(value, options)?;
        notes
            .not_simulated
            .retain(|path| !known.not_simulated.contains(path));
        new.fill_defaults(self.config);
        strategy::keep_what_the_server_owns(&mut new, &old);
        let object = self.replace(&old, new)?;
        Ok(self.response(&object, notes))
    }

    fn response<T: Resource>(&self, object: &Rc<T>, notes: Notes) -> Response {
        Response {
            object: T::erase(object),
            changed: self.change.is_some(),
            not_simulated: notes.not_simulated,
            warnings: notes.warnings,
        }
    }
}

/// What there is to say about a request that is granted.
#[derive(Debug, Default)]
struct Notes {
    not_simulated: Vec<String>,
    warnings: Vec<String>,
}

fn kind_of(object: &Value) -> Result<Kind, Status> {
    let text = |key: &str| object.get(key).and_then(Value::as_str).unwrap_or_default();
    let (api_version, kind) = (text("apiVersion"), text("kind"));
    Kind::from_api(api_version, kind).ok_or_else(|| {
        Status::bad_request(format!(
            "no kind \"{kind}\" is registered for version \"{api_version}\""
        ))
    })
}

/// Decodes what somebody sent: names and types of all fields are checked first.
fn decode<T: Resource>(mut value: Value, options: WriteOptions) -> Result<(T, Notes), Status> {
    let findings = schema::check(T::KIND, &mut value)
        .map_err(|mismatch| schema::undecodable(T::KIND, &mismatch.message))?;
    let mut notes = Notes {
        not_simulated: findings.not_simulated,
        warnings: Vec::new(),
    };
    match options.field_validation {
        _ if findings.unknown.is_empty() => {}
        FieldValidation::Ignore => {}
        FieldValidation::Warn => {
            let warnings = findings
                .unknown
                .iter()
                .map(|path| format!("unknown field \"{path}\""));
            notes.warnings.extend(warnings);
        }
        FieldValidation::Strict => {
            let why = schema::strict_error(&findings.unknown);
            return Err(schema::undecodable(T::KIND, &why));
        }
    }
    prune(&mut value);
    if let Some(fields) = value.as_object_mut() {
        fields.remove("apiVersion");
        fields.remove("kind");
    }
    let version = value.pointer("/metadata/resourceVersion");
    let version = version.and_then(Value::as_str).unwrap_or_default();
    if !version.is_empty() && version.parse::<u64>().is_err() {
        let why = format!("invalid resource version {version:?}");
        return Err(schema::undecodable(T::KIND, &why));
    }
    Ok((from_value(value), notes))
}

/// The name of an object as a key.
pub(crate) fn key(name: &str) -> Name {
    name.into()
}

/// The name of the Service by which pods reach the API server.
const OWN_SERVICE: &str = "kubernetes";

/// Milliseconds between two looks whether it is still there (`pkg/controlplane`).
pub(crate) const OWN_SERVICE_PERIOD: u64 = 10_000;

/// Whether the API server's own Service is there.
pub(crate) fn has_own_service(store: &Store) -> bool {
    store.get::<crate::object::Service>(OWN_SERVICE).is_some()
}

/// The API server brings its own Service back.
pub(crate) fn restore_service(api: &mut Api<'_>) -> Outcome {
    if has_own_service(api.store) || api.create(kubernetes_service()).is_err() {
        return Outcome::nothing();
    }
    Outcome::because(Reason::OwnServiceIsMissing {
        service: OWN_SERVICE.into(),
    })
}

/// The Service by which pods reach the API server; it is there from the start.
pub(crate) fn kubernetes_service() -> crate::object::Service {
    use crate::object::service::{IntOrString, Service, ServicePort, ServiceSpec};
    let port = ServicePort {
        name: Some("https".to_owned()),
        port: 443,
        target_port: Some(IntOrString::Int(6443)),
        ..ServicePort::default()
    };
    Service {
        metadata: crate::object::ObjectMeta {
            name: OWN_SERVICE.to_owned(),
            ..Default::default()
        },
        spec: ServiceSpec {
            cluster_ip: Some("10.96.0.1".to_owned()),
            ports: vec![port],
            ..ServiceSpec::default()
        },
        ..Service::default()
    }
}
