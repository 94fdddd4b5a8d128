//! The one table of kubectl's commands and flags. Reading a command line, help and completion are
//! all driven by it; what is not in it, kubectl does not have.

use crate::args::Args;
use crate::session::{Done, Session};
use crate::{
    apply, create, delete, describe, drain, expose, get, help, label, patch, rollout, scale, set,
    wait,
};

/// A command of kubectl that is simulated.
pub struct Verb {
    /// `get`, or with its group `rollout status`.
    pub name: &'static str,
    /// What goes after it, for the usage line.
    pub usage: &'static str,
    /// What it does.
    pub about: &'static str,
    /// What its words are.
    pub takes: Takes,
    /// The flags that are simulated; [`GLOBAL_FLAGS`] come on top.
    pub flags: &'static [Flag],
    /// Names of real flags that are not simulated; a value follows where one ends in `=`.
    pub flags_not_simulated: &'static [&'static str],
    pub(crate) run: fn(&Args, &mut Session<'_>) -> Done,
}

/// What the words of a command are, for completion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// None.
    Nothing,
    /// `pods`, `pods,svc`, `sts web`, `sts/web pod/web-0`.
    Resources,
    /// As [`Takes::Resources`], then `key=value` pairs.
    ResourcesAndPairs,
    /// Names of nodes.
    Nodes,
    /// Names of commands.
    Commands,
}

/// A flag.
#[derive(Clone, Copy, Debug)]
pub struct Flag {
    /// Its name, without `--`.
    pub long: &'static str,
    /// Its letter, if it has one.
    pub short: Option<char>,
    /// What follows it.
    pub value: FlagValue,
    /// What it does.
    pub about: &'static str,
}

/// What follows a flag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlagValue {
    /// Nothing, or `=true` or `=false`.
    Switch,
    /// A value; the ones worth proposing.
    Text(&'static [&'static str]),
    /// `=` and a value, or nothing, which means the first of these values.
    Optional(&'static [&'static str]),
    /// A whole number.
    Number,
    /// The name of a file.
    File,
}

const fn switch(long: &'static str, short: Option<char>, about: &'static str) -> Flag {
    flag(long, short, FlagValue::Switch, about)
}

const fn text(long: &'static str, short: Option<char>, about: &'static str) -> Flag {
    flag(long, short, FlagValue::Text(&[]), about)
}

const fn flag(
    long: &'static str,
    short: Option<char>,
    value: FlagValue,
    about: &'static str,
) -> Flag {
    Flag {
        long,
        short,
        value,
        about,
    }
}

const ALL_NAMESPACES: Flag = switch("all-namespaces", Some('A'), "Look in every namespace");
const CASCADE: Flag = flag(
    "cascade",
    None,
    FlagValue::Optional(&["background", "foreground", "orphan"]),
    "What becomes of what the object owns",
);
const DRY_RUN: Flag = flag(
    "dry-run",
    None,
    FlagValue::Optional(&["unchanged", "none", "client", "server"]),
    "Check, and write nothing",
);
const FIELD_SELECTOR: Flag = text(
    "field-selector",
    None,
    "Only objects with these field values",
);
const FILENAME: Flag = flag(
    "filename",
    Some('f'),
    FlagValue::File,
    "The file with the objects",
);
const IGNORE_NOT_FOUND: Flag = switch(
    "ignore-not-found",
    None,
    "Don't complain of objects that aren't there",
);
const OUTPUT_SHORT: Flag = flag(
    "output",
    Some('o'),
    FlagValue::Text(&["name", "yaml", "json"]),
    "How to print the object",
);
const OVERWRITE: Flag = switch("overwrite", None, "Change a value that is already there");
const RECORD: Flag = switch(
    "record",
    None,
    "Note the command as the cause of the change",
);
const SELECTOR: Flag = text("selector", Some('l'), "Only objects with these labels");
const ALL: Flag = switch("all", None, "All objects of the type");
const TIMEOUT: Flag = text("timeout", None, "How long to wait, such as 30s");
const VALIDATE: Flag = flag(
    "validate",
    None,
    FlagValue::Optional(&["strict", "warn", "ignore", "true", "false"]),
    "What to do about unknown fields",
);

/// Flags that every command has.
pub const GLOBAL_FLAGS: &[Flag] = &[
    switch("help", Some('h'), "Print help"),
    text("namespace", Some('n'), "The namespace to work in"),
];

/// Flags that every command really has; a value follows where one ends in `=`.
pub const GLOBAL_FLAGS_NOT_SIMULATED: &[&str] = &[
    "as=",
    "as-group=",
    "as-uid=",
    "cache-dir=",
    "certificate-authority=",
    "client-certificate=",
    "client-key=",
    "cluster=",
    "context=",
    "disable-compression",
    "insecure-skip-tls-verify",
    "kubeconfig=",
    "kuberc=",
    "log-flush-frequency=",
    "match-server-version",
    "password=",
    "profile=",
    "profile-output=",
    "request-timeout=",
    "server=s",
    "tls-server-name=",
    "token=",
    "user=",
    "username=",
    "v=v",
    "vmodule=",
    "warnings-as-errors",
];

const TEMPLATE_FLAGS: &[&str] = &[
    "allow-missing-template-keys",
    "show-managed-fields",
    "template=",
];

/// All commands that are simulated.
pub static VERBS: &[Verb] = &[
    Verb {
        name: "annotate",
        usage: "TYPE NAME KEY=VALUE... [KEY-...]",
        about: "Set or remove annotations",
        takes: Takes::ResourcesAndPairs,
        flags: &[
            ALL,
            DRY_RUN,
            FIELD_SELECTOR,
            FILENAME,
            OUTPUT_SHORT,
            OVERWRITE,
            SELECTOR,
        ],
        flags_not_simulated: &[
            "all-namespaces",
            "field-manager=",
            "kustomize=k",
            "list",
            "local",
            "recursive",
            "record",
            "resource-version=",
        ],
        run: label::annotate,
    },
    Verb {
        name: "api-resources",
        usage: "",
        about: "List the types of objects",
        takes: Takes::Nothing,
        flags: &[
            text("api-group", None, "Only types of this group"),
            switch(
                "namespaced",
                None,
                "Only types that are in namespaces, or that are not",
            ),
            switch("no-headers", None, "Without the column names"),
        ],
        flags_not_simulated: &["cached", "categories=", "output=o", "sort-by=", "verbs="],
        run: help::api_resources,
    },
    Verb {
        name: "apply",
        usage: "-f FILENAME",
        about: "Make objects as a file says: create them, or change what differs",
        takes: Takes::Nothing,
        flags: &[DRY_RUN, FILENAME, OUTPUT_SHORT, VALIDATE],
        flags_not_simulated: &[
            "all",
            "cascade=",
            "field-manager=",
            "force",
            "force-conflicts",
            "grace-period=",
            "kustomize=k",
            "openapi-patch",
            "overwrite",
            "prune",
            "prune-allowlist=",
            "recursive",
            "selector=l",
            "server-side",
            "subresource=",
            "timeout=",
            "wait",
        ],
        run: apply::apply,
    },
    Verb {
        name: "autoscale",
        usage: "(TYPE NAME | TYPE/NAME) --max=COUNT",
        about: "Scale by load (only with --dry-run=client here)",
        takes: Takes::Resources,
        flags: &[
            DRY_RUN,
            FILENAME,
            flag("max", None, FlagValue::Number, "The most replicas"),
            flag("min", None, FlagValue::Number, "The fewest replicas"),
            text("name", None, "The name of the autoscaler"),
        ],
        flags_not_simulated: &[
            "cpu=",
            "cpu-percent=",
            "field-manager=",
            "kustomize=k",
            "memory=",
            "output=o",
            "recursive",
            "save-config",
        ],
        run: expose::autoscale,
    },
    Verb {
        name: "cordon",
        usage: "NODE...",
        about: "Let no more pods be scheduled on a node",
        takes: Takes::Nodes,
        flags: &[DRY_RUN],
        flags_not_simulated: &["selector=l"],
        run: set::cordon,
    },
    Verb {
        name: "create",
        usage: "-f FILENAME",
        about: "Create the objects of a file",
        takes: Takes::Nothing,
        flags: &[
            DRY_RUN,
            FILENAME,
            OUTPUT_SHORT,
            switch("save-config", None, "Keep the file for a later apply"),
            VALIDATE,
        ],
        flags_not_simulated: &[
            "edit",
            "field-manager=",
            "kustomize=k",
            "raw=",
            "record",
            "recursive",
            "selector=l",
            "windows-line-endings",
        ],
        run: create::create,
    },
    Verb {
        name: "delete",
        usage: "(-f FILENAME | TYPE [NAME... | -l LABEL | --all])",
        about: "Delete objects, and wait until they are gone",
        takes: Takes::Resources,
        flags: &[
            ALL,
            ALL_NAMESPACES,
            CASCADE,
            DRY_RUN,
            FIELD_SELECTOR,
            FILENAME,
            switch(
                "force",
                None,
                "With --grace-period=0: remove the object at once, whatever still runs",
            ),
            flag(
                "grace-period",
                None,
                FlagValue::Number,
                "Seconds the object gets to end",
            ),
            IGNORE_NOT_FOUND,
            switch("now", None, "As --grace-period=1"),
            OUTPUT_SHORT,
            SELECTOR,
            TIMEOUT,
            switch(
                "wait",
                None,
                "Wait until the objects are gone (the default)",
            ),
        ],
        flags_not_simulated: &["interactive", "kustomize=k", "raw=", "recursive"],
        run: delete::delete,
    },
    Verb {
        name: "describe",
        usage: "TYPE [NAME_PREFIX | -l LABEL]",
        about: "Tell all about objects, with their events",
        takes: Takes::Resources,
        flags: &[
            ALL_NAMESPACES,
            FILENAME,
            SELECTOR,
            switch("show-events", None, "With the events (the default)"),
        ],
        flags_not_simulated: &["chunk-size=", "kustomize=k", "recursive"],
        run: describe::describe,
    },
    Verb {
        name: "drain",
        usage: "NODE",
        about: "Move all pods off a node: cordon it, and evict them",
        takes: Takes::Nodes,
        flags: &[
            switch(
                "delete-emptydir-data",
                None,
                "Also pods with data that dies with them",
            ),
            switch("disable-eviction", None, "Delete instead of evicting"),
            DRY_RUN,
            switch("force", None, "Also pods that nobody will replace"),
            flag(
                "grace-period",
                None,
                FlagValue::Number,
                "Seconds that the pods get to end",
            ),
            switch("ignore-daemonsets", None, "Leave the pods of DaemonSets"),
            TIMEOUT,
        ],
        flags_not_simulated: &[
            "chunk-size=",
            "pod-selector=",
            "selector=l",
            "skip-wait-for-delete-timeout=",
        ],
        run: drain::drain,
    },
    Verb {
        name: "expose",
        usage: "(TYPE NAME | TYPE/NAME) --port=PORT",
        about: "Make a Service for the pods of an object",
        takes: Takes::Resources,
        flags: &[
            text("cluster-ip", None, "The virtual IP, or None"),
            DRY_RUN,
            FILENAME,
            text("name", None, "The name of the Service"),
            OUTPUT_SHORT,
            text("port", None, "The port of the Service"),
            text("protocol", None, "TCP, UDP or SCTP"),
            text(
                "target-port",
                None,
                "The port of the pods, by number or name",
            ),
            flag(
                "type",
                None,
                FlagValue::Text(&["ClusterIP", "NodePort", "LoadBalancer"]),
                "The type of Service",
            ),
        ],
        flags_not_simulated: &[
            "external-ip=",
            "field-manager=",
            "kustomize=k",
            "labels=l",
            "load-balancer-ip=",
            "override-type=",
            "overrides=",
            "recursive",
            "save-config",
            "selector=",
            "session-affinity=",
        ],
        run: expose::expose,
    },
    Verb {
        name: "get",
        usage: "TYPE[,TYPE...] [NAME...]",
        about: "Show objects",
        takes: Takes::Resources,
        flags: &[
            ALL_NAMESPACES,
            FIELD_SELECTOR,
            FILENAME,
            IGNORE_NOT_FOUND,
            text("label-columns", Some('L'), "Show these labels as columns"),
            switch("no-headers", None, "Without the column names"),
            flag(
                "output",
                Some('o'),
                FlagValue::Text(&[
                    "wide",
                    "yaml",
                    "json",
                    "name",
                    "jsonpath=",
                    "custom-columns=",
                ]),
                "How to print the objects",
            ),
            switch(
                "output-watch-events",
                None,
                "With -w: say what happened to the object",
            ),
            SELECTOR,
            switch("show-kind", None, "Show the type before the name"),
            switch("show-labels", None, "Show all labels in the last column"),
            text(
                "sort-by",
                None,
                "Sort by this field, such as .metadata.name",
            ),
            switch("watch", Some('w'), "Go on printing changes"),
            switch("watch-only", None, "Print changes, not what is there now"),
        ],
        flags_not_simulated: &[
            "allow-missing-template-keys",
            "chunk-size=",
            "kustomize=k",
            "raw=",
            "recursive",
            "server-print",
            "show-managed-fields",
            "subresource=",
            "template=",
        ],
        run: get::get,
    },
    Verb {
        name: "help",
        usage: "[COMMAND]",
        about: "Print help on a command",
        takes: Takes::Commands,
        flags: &[],
        flags_not_simulated: &[],
        run: help::help,
    },
    Verb {
        name: "label",
        usage: "TYPE NAME KEY=VALUE... [KEY-...]",
        about: "Set or remove labels",
        takes: Takes::ResourcesAndPairs,
        flags: &[
            ALL,
            DRY_RUN,
            FIELD_SELECTOR,
            FILENAME,
            OUTPUT_SHORT,
            OVERWRITE,
            SELECTOR,
        ],
        flags_not_simulated: &[
            "all-namespaces",
            "field-manager=",
            "kustomize=k",
            "list",
            "local",
            "record",
            "recursive",
            "resource-version=",
        ],
        run: label::label,
    },
    Verb {
        name: "patch",
        usage: "TYPE NAME -p PATCH",
        about: "Change fields of an object",
        takes: Takes::Resources,
        flags: &[
            DRY_RUN,
            FILENAME,
            OUTPUT_SHORT,
            text("patch", Some('p'), "The change, in JSON or YAML"),
            flag(
                "patch-file",
                None,
                FlagValue::File,
                "The file with the change",
            ),
            flag(
                "type",
                None,
                FlagValue::Text(&["strategic", "merge", "json"]),
                "How the change is written",
            ),
        ],
        flags_not_simulated: &[
            "field-manager=",
            "kustomize=k",
            "local",
            "record",
            "recursive",
            "subresource=",
        ],
        run: patch::patch,
    },
    Verb {
        name: "replace",
        usage: "-f FILENAME",
        about: "Put the objects of a file in the place of those that are there",
        takes: Takes::Nothing,
        flags: &[
            DRY_RUN,
            FILENAME,
            OUTPUT_SHORT,
            switch("save-config", None, "Keep the file for a later apply"),
            VALIDATE,
        ],
        flags_not_simulated: &[
            "cascade=",
            "field-manager=",
            "force",
            "grace-period=",
            "kustomize=k",
            "raw=",
            "recursive",
            "subresource=",
            "timeout=",
            "wait",
        ],
        run: create::replace,
    },
    Verb {
        name: "rollout history",
        usage: "(TYPE NAME | TYPE/NAME)",
        about: "List the revisions of a pod template",
        takes: Takes::Resources,
        flags: &[SELECTOR],
        flags_not_simulated: &[
            "filename=f",
            "kustomize=k",
            "output=o",
            "recursive",
            "revision=",
        ],
        run: rollout::history,
    },
    Verb {
        name: "rollout pause",
        usage: "(TYPE NAME | TYPE/NAME)",
        about: "Pause a rollout (Deployments only)",
        takes: Takes::Resources,
        flags: &[],
        flags_not_simulated: TEMPLATE_FLAGS,
        run: rollout::pause,
    },
    Verb {
        name: "rollout restart",
        usage: "(TYPE NAME | TYPE/NAME)",
        about: "Replace all pods, one after the other",
        takes: Takes::Resources,
        flags: &[OUTPUT_SHORT, SELECTOR],
        flags_not_simulated: &["field-manager=", "filename=f", "kustomize=k", "recursive"],
        run: rollout::restart,
    },
    Verb {
        name: "rollout resume",
        usage: "(TYPE NAME | TYPE/NAME)",
        about: "Resume a paused rollout (Deployments only)",
        takes: Takes::Resources,
        flags: &[],
        flags_not_simulated: TEMPLATE_FLAGS,
        run: rollout::resume,
    },
    Verb {
        name: "rollout status",
        usage: "(TYPE NAME | TYPE/NAME)",
        about: "Wait until a rollout is done",
        takes: Takes::Resources,
        flags: &[
            flag("revision", None, FlagValue::Number, "Only this revision"),
            TIMEOUT,
            switch("watch", Some('w'), "Go on until it is done (the default)"),
        ],
        flags_not_simulated: &["filename=f", "kustomize=k", "recursive", "selector=l"],
        run: rollout::status,
    },
    Verb {
        name: "rollout undo",
        usage: "(TYPE NAME | TYPE/NAME)",
        about: "Go back to an earlier revision",
        takes: Takes::Resources,
        flags: &[
            DRY_RUN,
            flag(
                "to-revision",
                None,
                FlagValue::Number,
                "The revision; 0 is the last one",
            ),
        ],
        flags_not_simulated: &[
            "filename=f",
            "kustomize=k",
            "output=o",
            "recursive",
            "selector=l",
        ],
        run: rollout::undo,
    },
    Verb {
        name: "scale",
        usage: "(TYPE NAME | TYPE/NAME | -f FILENAME) --replicas=COUNT",
        about: "Change the number of replicas",
        takes: Takes::Resources,
        flags: &[
            ALL,
            flag(
                "current-replicas",
                None,
                FlagValue::Number,
                "Only if there are so many now",
            ),
            DRY_RUN,
            FILENAME,
            OUTPUT_SHORT,
            flag("replicas", None, FlagValue::Number, "The number to have"),
            SELECTOR,
        ],
        flags_not_simulated: &[
            "kustomize=k",
            "record",
            "recursive",
            "resource-version=",
            "timeout=",
        ],
        run: scale::scale,
    },
    Verb {
        name: "set image",
        usage: "(TYPE NAME | TYPE/NAME) CONTAINER=IMAGE...",
        about: "Change the image of a container",
        takes: Takes::ResourcesAndPairs,
        flags: &[ALL, DRY_RUN, FILENAME, OUTPUT_SHORT, RECORD, SELECTOR],
        flags_not_simulated: &["field-manager=", "kustomize=k", "local", "recursive"],
        run: set::image,
    },
    Verb {
        name: "taint",
        usage: "NODE NAME KEY=VALUE:EFFECT... [KEY-...]",
        about: "Set or remove taints of a node",
        takes: Takes::ResourcesAndPairs,
        flags: &[ALL, DRY_RUN, OVERWRITE, SELECTOR],
        flags_not_simulated: &["field-manager=", "output=o", "validate="],
        run: set::taint,
    },
    Verb {
        name: "uncordon",
        usage: "NODE...",
        about: "Let pods be scheduled on a node again",
        takes: Takes::Nodes,
        flags: &[DRY_RUN],
        flags_not_simulated: &["selector=l"],
        run: set::uncordon,
    },
    Verb {
        name: "wait",
        usage: "(TYPE NAME | TYPE/NAME) --for=CONDITION",
        about: "Wait until something is so",
        takes: Takes::Resources,
        flags: &[
            ALL,
            flag(
                "for",
                None,
                FlagValue::Text(&["condition=Ready", "create", "delete", "jsonpath="]),
                "What to wait for",
            ),
            SELECTOR,
            TIMEOUT,
        ],
        flags_not_simulated: &[
            "all-namespaces",
            "field-selector=",
            "filename=f",
            "local",
            "output=o",
            "recursive",
        ],
        run: wait::wait,
    },
];

/// Commands that only group others.
pub const GROUPS: &[&str] = &["rollout", "set"];

/// Commands that kubectl has and the simulation does not.
pub const NOT_SIMULATED: &[&str] = &[
    "alpha",
    "api-versions",
    "attach",
    "auth",
    "certificate",
    "cluster-info",
    "completion",
    "config",
    "cp",
    "debug",
    "diff",
    "edit",
    "events",
    "exec",
    "explain",
    "kustomize",
    "logs",
    "options",
    "plugin",
    "port-forward",
    "proxy",
    "run",
    "set env",
    "set resources",
    "set selector",
    "set serviceaccount",
    "set subject",
    "top",
    "version",
];

/// The command of this name.
pub fn verb(name: &str) -> Option<&'static Verb> {
    VERBS.iter().find(|verb| verb.name == name)
}

impl Verb {
    /// The flag of this name.
    pub fn flag(&self, long: &str) -> Option<&'static Flag> {
        self.all_flags().find(|flag| flag.long == long)
    }

    /// The flag of this letter.
    pub fn short_flag(&self, short: char) -> Option<&'static Flag> {
        self.all_flags().find(|flag| flag.short == Some(short))
    }

    /// Its flags and the global ones.
    pub fn all_flags(&self) -> impl Iterator<Item = &'static Flag> {
        self.flags.iter().chain(GLOBAL_FLAGS)
    }

    /// A real flag that is not simulated, by name or letter, and whether a value follows it.
    pub(crate) fn flag_not_simulated(&self, given: &str) -> Option<(&'static str, bool)> {
        let known = self.flags_not_simulated.iter();
        known.chain(GLOBAL_FLAGS_NOT_SIMULATED).find_map(|entry| {
            let (name, rest) = entry.split_once('=').unwrap_or((entry, ""));
            let value = entry.contains('=');
            (given == name || (!rest.is_empty() && given == rest)).then_some((name, value))
        })
    }
}
