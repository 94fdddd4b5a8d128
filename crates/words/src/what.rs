//! What can happen to an object in one step.

cluster::said! {
    /// What happened to an object in one step.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub enum What {
        /// It is new.
        Created,
        /// It is no longer there.
        Removed,
        /// Its deletion began.
        MarkedForDeletion,
        /// One of its finalizers was removed.
        FinalizerRemoved,
        /// A pod got its node.
        Scheduled {
            /// The node's name.
            node: String,
        },
        /// A pod's container is being created.
        Preparing,
        /// A pod's image can't be had.
        ImageMissing,
        /// A pod's container runs.
        Running,
        /// A pod became ready.
        Ready,
        /// A pod is no longer ready.
        NotReady,
        /// A pod's containers have ended.
        Stopped,
        /// Its phase changed to this one.
        Phase(phase: String),
        /// A volume names its claim.
        Reserved {
            /// The claim's name.
            claim: String,
        },
        /// A claim names its volume.
        Named {
            /// The volume's name.
            volume: String,
        },
        /// A StatefulSet's wanted number of replicas changed.
        Scaled {
            /// What it was.
            from: i32,
            /// What it is now.
            to: i32,
        },
        /// A StatefulSet's status was counted anew.
        Counted {
            /// Pods there are.
            replicas: i32,
            /// Of them, those that are ready.
            ready: i32,
        },
        /// A Service has this many ready addresses now.
        Addresses(count: usize),
        /// It changed in another way.
        Updated,
        /// What a pod's readiness probe finds was switched from outside.
        Switched {
            /// Whether it succeeds now.
            ready: bool,
        },
        /// Nothing: somebody waits.
        Waits,
    }
}
