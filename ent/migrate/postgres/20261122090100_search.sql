-- Full-text search over messages. The index stands on an expression, so that the table carries no second copy of the text.
CREATE INDEX "hand_messages_search" ON "messages" USING gin (to_tsvector('simple', "body"));
