"""The contract on the wire: messages, topics, ACL text, the one MQTT client file, the embedded broker."""
