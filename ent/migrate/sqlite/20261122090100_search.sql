-- atlas:delimiter \n\n\n
-- Full-text search over messages. The index keeps no text of its own: it reads the messages by rowid, so it has to be
-- rebuilt (INSERT INTO message_search(message_search) VALUES ('rebuild')) after a VACUUM, which may renumber them.
CREATE VIRTUAL TABLE `message_search` USING fts5(body, content='messages', content_rowid='rowid', tokenize='unicode61 remove_diacritics 2');


CREATE TRIGGER `message_search_insert` AFTER INSERT ON `messages` BEGIN
  INSERT INTO message_search(rowid, body) VALUES (new.rowid, new.body);
END;


CREATE TRIGGER `message_search_delete` AFTER DELETE ON `messages` BEGIN
  INSERT INTO message_search(message_search, rowid, body) VALUES ('delete', old.rowid, old.body);
END;


CREATE TRIGGER `message_search_update` AFTER UPDATE OF body ON `messages` BEGIN
  INSERT INTO message_search(message_search, rowid, body) VALUES ('delete', old.rowid, old.body);
  INSERT INTO message_search(rowid, body) VALUES (new.rowid, new.body);
END;
