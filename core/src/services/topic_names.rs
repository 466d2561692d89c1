//! The topics that a service has named, by id. Ids outlive the producers: each new one registers the names in their order,
//! so they stay the same.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Mutex;

use crate::error::{Error, Result};
use crate::topics::is_valid_name;

#[derive(Default)]
pub struct TopicNames {
    names: Mutex<Vec<String>>,
}

impl TopicNames {
    /// The id of a topic for the index of records.
    pub fn id(&self, name: &str) -> Result<u32> {
        let mut names = self.names.lock().expect("no panic while naming");
        if let Some(known) = names.iter().position(|known| known == name) {
            return Ok(known as u32);
        }
        if !is_valid_name(name) {
            let message = format!("{name:?} is no topic name: 1 to 249 of a-z, A-Z, 0-9, '.', '_' and '-'");
            return Err(Error::invalid(message));
        }
        names.push(name.to_string());
        Ok(names.len() as u32 - 1)
    }

    /// The name behind an id of [`TopicNames::id`].
    pub fn name(&self, id: u32) -> Option<String> {
        self.names.lock().expect("no panic while naming").get(id as usize).cloned()
    }

    /// Makes a producer know the topics beyond the first `known`, in the order of their ids.
    pub fn register(&self, known: &AtomicUsize, register: impl Fn(&str) -> Result<u32>) -> Result<()> {
        let names = self.names.lock().expect("no panic while naming");
        for (id, name) in names.iter().enumerate().skip(known.load(Ordering::Acquire)) {
            let given = register(name)?;
            if given != id as u32 {
                return Err(Error::state("INTERNAL", format!("topic {name} has number {given} in place of {id}")));
            }
        }
        known.store(names.len(), Ordering::Release);
        Ok(())
    }
}
