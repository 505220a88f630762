// Package chat is channels and messages: numbered per channel without holes, edited, deleted, answered, reacted to, read,
// searched, and followed live.
//
// It owns the tables channels, channel_members, messages, reactions and read_states, and the events chat.*. chat:read
// reads public channels and those one is a member of; chat:read:all private ones too, and moderates; chat:write writes;
// chat:delete deletes one's own messages. A direct channel is its members' alone.
package chat
