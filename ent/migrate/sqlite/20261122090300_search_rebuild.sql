-- Takes messages in that are older than the index.
INSERT INTO `message_search` (`message_search`) VALUES ('rebuild');
