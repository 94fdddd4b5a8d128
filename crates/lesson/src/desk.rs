//! Where a command works: a cluster, with a frame for each write.

use cluster::{Cluster, Request, Response, Status, Step};
use kubectl::Server;

/// A cluster at which a command works, with a frame for each write.
pub(crate) struct Desk {
    pub(crate) cluster: Cluster,
    pub(crate) frames: Vec<(Cluster, Step)>,
    /// Whether something happened since that is no step.
    pub(crate) touched: bool,
}

impl Server for Desk {
    fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    fn request(&mut self, request: &Request) -> Result<Response, Status> {
        let (result, step) = self.cluster.request(request);
        if let Some(step) = step {
            self.frames.push((self.cluster.clone(), step));
            self.touched = false;
        }
        result
    }

    fn act(&mut self, work: &mut dyn FnMut(&mut Cluster) -> Option<Step>) {
        match work(&mut self.cluster) {
            Some(step) => {
                self.frames.push((self.cluster.clone(), step));
                self.touched = false;
            }
            None => self.touched = true,
        }
    }
}
