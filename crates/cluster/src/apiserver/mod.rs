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
use crate::object::{Kind, Name, Object, ObjectMeta, Resource, prune};
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
pub(crate) use strategy::{CLAIM_PROTECTION, VOLUME_PROTECTION};

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
    pub(crate) fn create<T: Resource>(&mut self, object: T) -> Result<Rc<T>, Status> {
        let created = self.create_object(T::erase(&Rc::new(object)))?;
        Ok(Rc::clone(created.typed()))
    }

    fn create_object(&mut self, mut object: Object) -> Result<Object, Status> {
        let kind = object.kind();
        #[cfg(test)]
        self.fail_as_asked(crate::step::Verb::Create, kind)?;
        strategy::name_generated(object.metadata_mut(), self.random);
        let strategy = strategy::of_mut(&mut object);
        strategy.fill_defaults(self.config);
        strategy.admit(&mut strategy::Admission {
            store: self.store,
            config: self.config,
        });
        let mut causes = strategy.validate(self.config);
        if causes.is_empty() {
            causes = strategy.conflicts(self.store);
        }
        let counts_generations = strategy.counts_generations();
        self.refuse_if(kind, object.name(), causes)?;
        if self.store.get_object(kind, object.name()).is_some() {
            let name = object.name();
            return Err(match object.metadata().generate_name {
                Some(_) => Status::no_name_generated(kind, name, self.config.version),
                None => Status::already_exists(kind, name),
            });
        }
        let metadata = object.metadata_mut();
        metadata.uid = self.random.uuid();
        metadata.creation_timestamp = Some(self.now);
        metadata.namespace = kind.info().namespaced.then(|| "default".to_owned());
        metadata.deletion_timestamp = None;
        metadata.deletion_grace_period_seconds = None;
        metadata.generation = i64::from(counts_generations);
        Ok(self.put(object))
    }

    /// Refuses an object with fields at fault. Lengths were counted in characters before v1.32.
    fn refuse_if(&self, kind: Kind, name: &str, mut causes: Vec<FieldError>) -> Result<(), Status> {
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
        Err(Status::invalid(kind, name, causes))
    }

    /// Changes the newest state of an object; writes only if that makes a difference. Removing the
    /// last finalizer of an object marked for deletion removes the object.
    ///
    /// # Errors
    /// `NotFound`, or `Invalid` if the change isn't allowed.
    pub(crate) fn modify<T: Resource>(
        &mut self,
        name: &str,
        change: impl FnOnce(&mut T),
    ) -> Result<Rc<T>, Status> {
        let (old, mut new) = self.before_and_after(T::KIND, name)?;
        if let Some(new) = T::from_object_mut(&mut new) {
            change(Rc::make_mut(new));
        }
        let stored = self.replace(&old, new)?;
        Ok(Rc::clone(stored.typed()))
    }

    /// As [`Api::modify`], where only the metadata changes, whatever the kind.
    ///
    /// # Errors
    /// `NotFound`, or `Invalid` if the change isn't allowed.
    pub(crate) fn modify_metadata(
        &mut self,
        kind: Kind,
        name: &str,
        change: impl FnOnce(&mut ObjectMeta),
    ) -> Result<(), Status> {
        let (old, mut new) = self.before_and_after(kind, name)?;
        change(new.metadata_mut());
        self.replace(&old, new).map(drop)
    }

    /// The object as it is, twice.
    fn before_and_after(&mut self, kind: Kind, name: &str) -> Result<(Object, Object), Status> {
        #[cfg(test)]
        self.fail_as_asked(crate::step::Verb::Update, kind)?;
        let old = self.existing(kind, name)?;
        Ok((old.clone(), old))
    }

    fn existing(&self, kind: Kind, name: &str) -> Result<Object, Status> {
        let object = self.store.get_object(kind, name);
        object.ok_or_else(|| Status::not_found(kind, name))
    }

    fn replace(&mut self, old: &Object, mut new: Object) -> Result<Object, Status> {
        if new == *old {
            return Ok(new);
        }
        let strategy = strategy::of(&new);
        let mut causes = strategy.validate_update(old, self.config);
        let labels = &new.metadata().labels;
        if *labels != old.metadata().labels {
            causes.extend(strategy::labels(labels, "metadata.labels"));
        }
        if strategy.counts_generations() && strategy.spec_differs(old) {
            new.metadata_mut().generation = old.metadata().generation + 1;
        }
        self.refuse_if(new.kind(), new.name(), causes)?;
        if let (Object::PersistentVolumeClaim(old), Object::PersistentVolumeClaim(claim)) =
            (old, &new)
            && strategy::volume::grows(old, claim)
        {
            let why = "only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize";
            return Err(Status::forbidden(new.kind(), new.name(), why));
        }
        let metadata = new.metadata();
        if metadata.terminating()
            && metadata.finalizers.is_empty()
            && metadata.deletion_grace_period_seconds == Some(0)
        {
            self.remove(old);
            return Ok(new);
        }
        Ok(self.put(new))
    }

    /// Deletes an object: removes it, or marks it if it has time left or a finalizer.
    ///
    /// # Errors
    /// `NotFound`, or `Conflict` if the uid is not the one given.
    pub(crate) fn delete(
        &mut self,
        kind: Kind,
        name: &str,
        options: &DeleteOptions,
    ) -> Result<Object, Status> {
        #[cfg(test)]
        self.fail_as_asked(crate::step::Verb::Delete, kind)?;
        let old = self.existing(kind, name)?;
        let metadata = old.metadata();
        if let Some(uid) = options.uid.as_ref().filter(|uid| **uid != metadata.uid) {
            let why = format!(
                "Precondition failed: UID in precondition: {uid}, UID in object meta: {}",
                metadata.uid
            );
            return Err(Status::conflict(kind, name, &why));
        }
        let strategy = strategy::of(&old);
        let grace = strategy.grace_seconds(options.grace_period_seconds);
        let finalizers = propagation::finalizers(metadata, options.propagation_policy);
        if grace == 0 && finalizers.is_empty() {
            self.remove(&old);
            return Ok(old);
        }
        let left = metadata.deletion_grace_period_seconds;
        let marked_before = metadata.terminating() && left.is_some_and(|left| grace >= left);
        if marked_before && finalizers == metadata.finalizers {
            return Ok(old);
        }
        let counts_generations = strategy.counts_generations();
        let (mut marked, now) = (old, self.now);
        let metadata = marked.metadata_mut();
        metadata.finalizers = finalizers;
        if !marked_before {
            metadata.deletion_timestamp = Some(now + grace.unsigned_abs() * 1000);
            metadata.deletion_grace_period_seconds = Some(grace);
            metadata.generation += i64::from(counts_generations);
        }
        Ok(self.put(marked))
    }

    fn put(&mut self, object: Object) -> Object {
        if self.dry_run {
            return object;
        }
        let change = self.store.put(Door(()), object);
        let object = change.object().clone();
        self.note(change);
        object
    }

    /// Takes an object out. What is deleted gracefully is marked and removed in one write here,
    /// two upstream: its last state carries the mark, as the watch shows it.
    fn remove(&mut self, old: &Object) {
        if self.dry_run {
            return;
        }
        let Some(mut change) = self.store.remove(Door(()), old.kind(), old.name()) else {
            return;
        };
        if strategy::of(old).deletes_gracefully() {
            let (mut last, now) = (old.clone(), self.now);
            let metadata = last.metadata_mut();
            metadata.deletion_timestamp.get_or_insert(now);
            metadata.deletion_grace_period_seconds = Some(0);
            change.before = Some(last);
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
            Request::Create { object, options } => self.create_from(object, *options),
            Request::Replace { object, options } => self.replace_from(object, *options),
            Request::Patch {
                kind,
                name,
                patch,
                options,
            } => self.patch(*kind, name, patch, *options),
            Request::Delete {
                kind,
                name,
                options,
            } => {
                let object = self.delete(*kind, name, options)?;
                Ok(self.response(object, Notes::default()))
            }
        }
    }

    fn create_from(&mut self, given: &Value, options: WriteOptions) -> Result<Response, Status> {
        self.dry_run = options.dry_run;
        let (mut object, notes) = decode(kind_of(given)?, given.clone(), options)?;
        strategy::of_mut(&mut object).reset_status();
        object.metadata_mut().resource_version = 0;
        let object = self.create_object(object)?;
        Ok(self.response(object, notes))
    }

    fn replace_from(&mut self, given: &Value, options: WriteOptions) -> Result<Response, Status> {
        self.dry_run = options.dry_run;
        let kind = kind_of(given)?;
        let (new, notes) = decode(kind, given.clone(), options)?;
        let old = self.existing(kind, new.name())?;
        let version = new.metadata().resource_version;
        if version != 0 && version != old.metadata().resource_version {
            let why = "the object has been modified; please apply your changes to the latest version and try again";
            return Err(Status::conflict(kind, new.name(), why));
        }
        self.change_to(&old, new, notes)
    }

    fn patch(
        &mut self,
        kind: Kind,
        name: &str,
        patch: &Patch,
        options: WriteOptions,
    ) -> Result<Response, Status> {
        self.dry_run = options.dry_run;
        let old = self.existing(kind, name)?;
        let mut value = old.to_value();
        let known = schema::check(kind, &mut value).unwrap_or_default();
        patch.apply(&mut value)?;
        if let Err(mismatch) = schema::check(kind, &mut value.clone()) {
            return Err(patch.undecodable(&mismatch.wanted, &mismatch.message));
        }
        let (new, mut notes) = decode(kind, value, options)?;
        notes
            .not_simulated
            .retain(|path| !known.not_simulated.contains(path));
        if new.name() != name {
            let new = new.name();
            return Err(Status::bad_request(format!(
                "the name of the object ({new}) does not match the name on the URL ({name})"
            )));
        }
        self.change_to(&old, new, notes)
    }

    /// Stores what somebody wants an object to be, as far as that is theirs to say.
    fn change_to(
        &mut self,
        old: &Object,
        mut new: Object,
        notes: Notes,
    ) -> Result<Response, Status> {
        strategy::of_mut(&mut new).fill_defaults(self.config);
        strategy::keep_what_the_server_owns(&mut new, old);
        let object = self.replace(old, new)?;
        Ok(self.response(object, notes))
    }

    fn response(&self, object: Object, notes: Notes) -> Response {
        Response {
            object,
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
fn decode(kind: Kind, mut value: Value, options: WriteOptions) -> Result<(Object, Notes), Status> {
    let findings = schema::check(kind, &mut value)
        .map_err(|mismatch| schema::undecodable(kind, &mismatch.message))?;
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
            return Err(schema::undecodable(kind, &why));
        }
    }
    prune(&mut value);
    let version = value.pointer("/metadata/resourceVersion");
    let version = version.and_then(Value::as_str).unwrap_or_default();
    if !version.is_empty() && version.parse::<u64>().is_err() {
        let why = format!("invalid resource version {version:?}");
        return Err(schema::undecodable(kind, &why));
    }
    if let Some(fields) = value.as_object_mut() {
        fields.remove("apiVersion");
        fields.remove("kind");
    }
    Ok((Object::from_value(kind, value), notes))
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
