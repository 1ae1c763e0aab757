//! Requests to the server: one command, several, or a script.
//!
//! Guarantee: an error of the server is returned as an error, except for single commands among
//! several.

use redis::aio::MultiplexedConnection;
use redis::{Cmd, FromRedisValue, Pipeline, RedisError, Value};

use super::errors::{RedisFailure, damaged};
use super::scripts::Script;
use crate::StoreError;

/// A request that can be sent more than once.
#[derive(Clone, Copy)]
pub enum Request<'a> {
    /// A command.
    Command(&'a Cmd),
    /// Commands in one go. Each may fail alone.
    Commands(&'a Pipeline),
    /// A call of a script.
    Script(&'a Script, &'a Cmd),
    /// A command and a call of a script in one go.
    Staged(&'a Script, &'a Pipeline),
    /// The same, and a wait for replicas behind it.
    Confirmed(&'a Script, &'a Pipeline),
}

impl Request<'_> {
    /// Sends the request and returns the reply: of several commands an array, of a staged script
    /// the last one, of a confirmed one the last two.
    pub async fn send(self, mut live: MultiplexedConnection) -> Result<Value, RedisError> {
        match self {
            Self::Command(command) | Self::Script(_, command) => match live.send_packed_command(command).await? {
                Value::ServerError(error) => Err(error.into()),
                reply => Ok(reply),
            },
            Self::Staged(_, both) => {
                let replies = live.send_packed_commands(both, 0, both.len()).await?;
                let mut last = Value::Nil;
                for reply in replies {
                    match reply {
                        Value::ServerError(error) => return Err(error.into()),
                        reply => last = reply,
                    }
                }
                Ok(last)
            }
            Self::Confirmed(_, all) => {
                let mut replies = live.send_packed_commands(all, 0, all.len()).await?;
                if let Some(Value::ServerError(error)) =
                    replies.iter().find(|reply| matches!(reply, Value::ServerError(_)))
                {
                    return Err(error.clone().into());
                }
                Ok(Value::Array(replies.split_off(replies.len().saturating_sub(2))))
            }
            Self::Commands(commands) => {
                let replies = live.send_packed_commands(commands, 0, commands.len()).await?;
                // A server that does not serve now refuses each of the commands. The request is
                // sent again.
                if let Some(Value::ServerError(error)) = replies.first() {
                    let error = RedisError::from(error.clone());
                    if RedisFailure::of(&error) != RedisFailure::Refusal {
                        return Err(error);
                    }
                }
                Ok(Value::Array(replies))
            }
        }
    }
}

/// Converts a reply.
pub fn understood<T: FromRedisValue>(operation: &'static str, reply: Value) -> Result<T, StoreError> {
    redis::from_redis_value(reply).map_err(|_| damaged(operation, "a reply of an unexpected form"))
}
